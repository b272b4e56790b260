import onnxProto from 'onnx-proto';
import { type BertConfig, readBertConfig, readWeights, type WeightTensor } from './weights.ts';

const { onnx } = onnxProto;
type Node = onnxProto.onnx.INodeProto;
type Initializer = onnxProto.onnx.ITensorProto;
type Attribute = onnxProto.onnx.IAttributeProto;
type ValueInfo = onnxProto.onnx.IValueInfoProto;

export interface OnnxGraphOptions {
  /** Number format of the matrix products. */
  readonly precision: 'fp32' | 'int8';
}

/** Names of the graph's inputs, int32 [batch, length] each, padded on the right, and of its output. */
export const onnxNames = {
  ids: 'input_ids',
  segments: 'token_type_ids',
  mask: 'attention_mask',
  output: 'last_hidden_state',
} as const;

/**
 * An ONNX model of the BERT encoder in `modelDir` (Hugging Face layout) made of ONNX Runtime's fused operators
 * (EmbedLayerNormalization, Attention, SkipLayerNormalization, BiasGelu): the graph its own optimiser aims for, so a
 * fair opponent. Weights are widened to float32 and otherwise those of the file.
 */
export function writeOnnxGraph(modelDir: string, options: OnnxGraphOptions): Uint8Array {
  if (options.precision !== 'fp32') throw new Error(`precision ${options.precision} is not written yet`);
  const config = readBertConfig(modelDir);
  const graph = new GraphBuilder(readWeights(modelDir), config);
  let hidden = graph.embed();
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const output = layer === config.num_hidden_layers - 1 ? onnxNames.output : `layer${layer}`;
    hidden = graph.encoderLayer(hidden, `encoder.layer.${layer}`, output);
  }
  return onnx.ModelProto.encode(graph.model()).finish();
}

class GraphBuilder {
  readonly #weights: ReadonlyMap<string, WeightTensor>;
  readonly #config: BertConfig;
  readonly #nodes: Node[] = [];
  readonly #initializers: Initializer[] = [];

  constructor(weights: ReadonlyMap<string, WeightTensor>, config: BertConfig) {
    this.#weights = weights;
    this.#config = config;
  }

  embed(): string {
    const tables = ['word', 'position', 'token_type'].map((kind) =>
      this.#weight(`embeddings.${kind}_embeddings.weight`),
    );
    const inputs = [onnxNames.ids, onnxNames.segments, ...tables, ...this.#norm('embeddings.LayerNorm')];
    const outputs = ['embedded', 'lengths'];
    this.#node('EmbedLayerNormalization', [...inputs, onnxNames.mask], outputs, [this.#epsilon()]);
    return 'embedded';
  }

  encoderLayer(input: string, layer: string, output: string): string {
    const heads: Attribute = {
      name: 'num_heads',
      type: onnx.AttributeProto.AttributeType.INT,
      i: this.#config.num_attention_heads,
    };
    const qkv = this.#fusedQkv(layer);
    const attended = this.#node('Attention', [input, ...qkv, 'lengths'], [`${layer}.attended`], [heads]);
    const projected = this.#matMul(attended, `${layer}.attention.output.dense`);
    const middle = this.#skipNorm(projected, input, `${layer}.attention.output`, `${layer}.middle`);
    const wide = this.#matMul(middle, `${layer}.intermediate.dense`);
    const bias = this.#weight(`${layer}.intermediate.dense.bias`);
    const active = this.#node('BiasGelu', [wide, bias], [`${layer}.active`]);
    return this.#skipNorm(this.#matMul(active, `${layer}.output.dense`), middle, `${layer}.output`, output);
  }

  model(): onnxProto.onnx.IModelProto {
    return {
      irVersion: 8,
      producerName: 'pointsman-bench',
      opsetImport: [
        { domain: '', version: 15 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'bert',
        node: this.#nodes,
        initializer: this.#initializers,
        input: [onnxNames.ids, onnxNames.segments, onnxNames.mask].map((name) =>
          valueInfo(name, onnx.TensorProto.DataType.INT32, ['batch', 'length']),
        ),
        output: [
          valueInfo(onnxNames.output, onnx.TensorProto.DataType.FLOAT, [
            'batch',
            'length',
            this.#config.hidden_size,
          ]),
        ],
      },
    };
  }

  /** Attention wants the three projections side by side: [hidden, 3 * hidden]. */
  #fusedQkv(layer: string): [weight: string, bias: string] {
    const parts = ['query', 'key', 'value'].map((part) => `${layer}.attention.self.${part}`);
    const size = this.#config.hidden_size;
    const weight = new Float32Array(size * 3 * size);
    const bias = new Float32Array(3 * size);
    for (const [p, part] of parts.entries()) {
      const columns = transpose(this.#read(`${part}.weight`));
      for (let row = 0; row < size; row++) {
        weight.set(columns.data.subarray(row * size, (row + 1) * size), (row * 3 + p) * size);
      }
      bias.set(this.#read(`${part}.bias`).data, p * size);
    }
    return [
      this.#initializer(`${layer}.qkv.weight`, { shape: [size, 3 * size], data: weight }),
      this.#initializer(`${layer}.qkv.bias`, { shape: [3 * size], data: bias }),
    ];
  }

  #matMul(input: string, name: string): string {
    const weight = this.#initializer(`${name}.weight`, transpose(this.#read(`${name}.weight`)));
    return this.#node('MatMul', [input, weight], [`${name}.product`], [], '');
  }

  #skipNorm(input: string, skip: string, name: string, output: string): string {
    const inputs = [input, skip, ...this.#norm(`${name}.LayerNorm`), this.#weight(`${name}.dense.bias`)];
    return this.#node('SkipLayerNormalization', inputs, [output], [this.#epsilon()]);
  }

  #norm(name: string): [gamma: string, beta: string] {
    return [this.#weight(`${name}.weight`), this.#weight(`${name}.bias`)];
  }

  #epsilon(): Attribute {
    const type = onnx.AttributeProto.AttributeType.FLOAT;
    return { name: 'epsilon', type, f: this.#config.layer_norm_eps };
  }

  /** Adds a node and answers its first output. */
  #node(
    opType: string,
    input: string[],
    output: [string, ...string[]] | string[],
    attribute: Attribute[] = [],
    domain = 'com.microsoft',
  ): string {
    this.#nodes.push({ opType, domain, input, output, attribute, name: `${opType}:${output[0]}` });
    return output[0] ?? '';
  }

  #read(name: string): WeightTensor {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new Error(`the weight file has no tensor ${name}`);
    return tensor;
  }

  #weight(name: string): string {
    return this.#initializer(name, this.#read(name));
  }

  #initializer(name: string, { shape, data }: WeightTensor): string {
    this.#initializers.push({
      name,
      dims: [...shape],
      dataType: onnx.TensorProto.DataType.FLOAT,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }
}

/** [out, in] as files store a linear layer to [in, out] as MatMul wants it. */
function transpose({ shape, data }: WeightTensor): WeightTensor {
  const [rows = 0, cols = 0] = shape;
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j] ?? 0;
  }
  return { shape: [cols, rows], data: out };
}

function valueInfo(name: string, elemType: number, dims: readonly (string | number)[]): ValueInfo {
  const dim = dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

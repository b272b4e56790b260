import { PointsmanError } from '../errors.ts';
import type { BertConfig } from './bert-config.ts';
import type { WeightTensor } from './encoder-weights.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode, OnnxType } from './onnx-model.ts';
import { quantizeColumns } from './quantize.ts';

export interface BertGraphOptions {
  /** Number format of the matrix products; everything else is float32. */
  readonly precision: 'fp32' | 'int8';
  /** Type of the three inputs. */
  readonly inputs: 'int32' | 'int64';
}

/**
 * Names of the graph's inputs, [batch, length] each, and of its outputs, [batch, length, hidden_size] each: the last
 * layer's and the embedding layer's. (Other exporters call the last layer's `token_embeddings`.)
 */
export const graphNames = {
  ids: 'input_ids',
  mask: 'attention_mask',
  segments: 'token_type_ids',
  output: 'last_hidden_state',
  embeddings: 'embedding_output',
} as const;

const microsoft = 'com.microsoft';

/**
 * A BERT encoder as an ONNX model made of ONNX Runtime's fused operators (EmbedLayerNormalization, Attention,
 * SkipLayerNormalization, BiasGelu), the graph that its own optimiser aims for. With int8, activations are quantised
 * run by run (QAttention, DynamicQuantizeMatMul) and weights column by column.
 */
export function bertGraph(
  config: BertConfig,
  weights: ReadonlyMap<string, WeightTensor>,
  options: BertGraphOptions,
): OnnxModel {
  const builder = new BertGraphBuilder(config, weights, options);
  let hidden = builder.embed();
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const output = layer === config.num_hidden_layers - 1 ? graphNames.output : `layer${layer}`;
    hidden = builder.encoderLayer(hidden, `encoder.layer.${layer}`, output);
  }
  return builder.model();
}

class BertGraphBuilder {
  readonly #config: BertConfig;
  readonly #weights: ReadonlyMap<string, WeightTensor>;
  readonly #options: BertGraphOptions;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();

  constructor(config: BertConfig, weights: ReadonlyMap<string, WeightTensor>, options: BertGraphOptions) {
    this.#config = config;
    this.#weights = weights;
    this.#options = options;
  }

  embed(): string {
    const tables = ['word', 'position', 'token_type'].map((kind) =>
      this.#weight(`embeddings.${kind}_embeddings.weight`),
    );
    const inputs = [this.#asInt32(graphNames.ids), this.#asInt32(graphNames.segments), ...tables];
    // Its second output, the sequence lengths, assumes padding on the right; the attention takes the mask itself.
    return this.#node(
      'EmbedLayerNormalization',
      [...inputs, ...this.#norm('embeddings.LayerNorm')],
      [graphNames.embeddings, 'unused_lengths'],
      [this.#epsilon()],
    );
  }

  encoderLayer(input: string, layer: string, output: string): string {
    const attended = this.#attention(input, layer);
    const projected = this.#matMul(attended, `${layer}.attention.output.dense`);
    const middle = this.#skipNorm(projected, input, `${layer}.attention.output`, `${layer}.middle`);
    const wide = this.#matMul(middle, `${layer}.intermediate.dense`);
    const bias = this.#weight(`${layer}.intermediate.dense.bias`);
    const active = this.#node('BiasGelu', [wide, bias], [`${layer}.active`]);
    return this.#skipNorm(this.#matMul(active, `${layer}.output.dense`), middle, `${layer}.output`, output);
  }

  model(): OnnxModel {
    const { hidden_size } = this.#config;
    return {
      producer: 'pointsman',
      graphName: 'bert',
      opsets: { '': 15, [microsoft]: 1 },
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: [graphNames.ids, graphNames.mask, graphNames.segments].map((name) => ({
        name,
        type: this.#options.inputs,
        shape: ['batch', 'length'],
      })),
      outputs: [graphNames.output, graphNames.embeddings].map((name) => ({
        name,
        type: 'float32',
        shape: ['batch', 'length', hidden_size],
      })),
    };
  }

  #attention(input: string, layer: string): string {
    const { weight, bias } = this.#fusedQkv(layer);
    const biasName = this.#constant(`${layer}.qkv.bias`, [bias.length], bias);
    const mask = this.#asInt32(graphNames.mask);
    const heads: OnnxAttribute = { name: 'num_heads', int: this.#config.num_attention_heads };
    const name = `${layer}.qkv.weight`;
    if (this.#options.precision === 'fp32') {
      const inputs = [input, this.#constant(name, weight.shape, weight.data), biasName, mask];
      return this.#node('Attention', inputs, [`${layer}.attended`], [heads]);
    }
    const quantized = ['bytes', 'scale', 'zero'].map((part) => `${layer}.input.${part}`);
    const [bytes = '', scale = '', zero = ''] = quantized;
    this.#node('DynamicQuantizeLinear', [input], quantized, [], '');
    const stored = this.#quantized(name, weight);
    const inputs = [bytes, stored.weight, biasName, scale, stored.scale, mask, zero, stored.zero];
    return this.#node('QAttention', inputs, [`${layer}.attended`], [heads]);
  }

  /** The three projections side by side: [hidden, 3 * hidden]. */
  #fusedQkv(layer: string): { readonly weight: WeightTensor; readonly bias: Float32Array } {
    const parts = ['query', 'key', 'value'].map((part) => `${layer}.attention.self.${part}`);
    const size = this.#config.hidden_size;
    const data = new Float32Array(size * 3 * size);
    const bias = new Float32Array(3 * size);
    for (const [p, part] of parts.entries()) {
      const columns = transpose(this.#read(`${part}.weight`));
      for (let row = 0; row < size; row++) {
        data.set(columns.data.subarray(row * size, (row + 1) * size), (row * 3 + p) * size);
      }
      bias.set(this.#read(`${part}.bias`).data, p * size);
    }
    return { weight: { shape: [size, 3 * size], data }, bias };
  }

  /** Without its bias, which the operator that follows adds. */
  #matMul(input: string, name: string): string {
    const weight = transpose(this.#read(`${name}.weight`));
    const output = [`${name}.product`];
    if (this.#options.precision === 'fp32') {
      return this.#node(
        'MatMul',
        [input, this.#constant(`${name}.weight`, weight.shape, weight.data)],
        output,
        [],
        '',
      );
    }
    const stored = this.#quantized(`${name}.weight`, weight);
    return this.#node('DynamicQuantizeMatMul', [input, stored.weight, stored.scale, stored.zero], output);
  }

  #quantized(name: string, weight: WeightTensor): Record<'weight' | 'scale' | 'zero', string> {
    const { bytes, scales } = quantizeColumns(weight);
    const zeros = new Int8Array(scales.length);
    return {
      weight: this.#constant(`${name}.int8`, weight.shape, bytes),
      scale: this.#constant(`${name}.scale`, [scales.length], scales),
      zero: this.#constant(`${name}.zero`, [zeros.length], zeros),
    };
  }

  #skipNorm(input: string, skip: string, name: string, output: string): string {
    const inputs = [input, skip, ...this.#norm(`${name}.LayerNorm`), this.#weight(`${name}.dense.bias`)];
    return this.#node('SkipLayerNormalization', inputs, [output], [this.#epsilon()]);
  }

  #norm(name: string): [gamma: string, beta: string] {
    return [this.#weight(`${name}.weight`), this.#weight(`${name}.bias`)];
  }

  #epsilon(): OnnxAttribute {
    return { name: 'epsilon', float: this.#config.layer_norm_eps };
  }

  /** The fused operators take int32 only. */
  #asInt32(input: string): string {
    if (this.#options.inputs === 'int32') return input;
    const output = `${input}.int32`;
    if (this.#nodes.some(({ outputs }) => outputs[0] === output)) return output;
    return this.#node('Cast', [input], [output], [{ name: 'to', int: 6 }], '');
  }

  /** Adds a node and answers its first output. */
  #node(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: readonly OnnxAttribute[] = [],
    domain = microsoft,
  ): string {
    this.#nodes.push({ opType, domain, inputs, outputs, attributes });
    return outputs[0] ?? '';
  }

  #read(name: string): WeightTensor {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) {
      throw new PointsmanError('ERR_CORRUPT_FILE', `the weight file has no tensor ${name}`);
    }
    return tensor;
  }

  #weight(name: string): string {
    const { shape, data } = this.#read(name);
    return this.#constant(name, shape, data);
  }

  #constant(name: string, shape: readonly number[], data: Float32Array | Int8Array): string {
    const type: OnnxType = data instanceof Int8Array ? 'int8' : 'float32';
    this.#initializers.set(name, { name, type, shape, data });
    return name;
  }
}

/** [out, in] as files store a linear layer to [in, out] as the operators want it. */
function transpose({ shape, data }: WeightTensor): WeightTensor {
  const [rows = 0, cols = 0] = shape;
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j] ?? 0;
  }
  return { shape: [cols, rows], data: out };
}

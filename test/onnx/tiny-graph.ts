import { writeFileSync } from 'node:fs';
import { encodeOnnxModel, type OnnxNode, type OnnxType, type OnnxValue } from '../../lib/onnx/onnx-model.ts';

/** Rows of the table: token id to vector. */
export const table = [
  [1, 2],
  [3, 4],
  [-5, 0.5],
];

export interface TinyGraph {
  readonly inputs?: readonly string[];
  readonly inputType?: 'int32' | 'int64';
  readonly maskType?: OnnxType;
  readonly outputType?: 'float32' | 'float16' | 'int32';
  /** Answer the first token's vector, [batch, 2], and not one per token. */
  readonly perText?: boolean;
}

const castNumbers = { float32: 1, float16: 10, int32: 6 } as const;

/** Writes an encoder whose token vectors are rows of `table`, so that every answer can be written down. */
export function writeTinyGraph(path: string, graph: TinyGraph = {}): void {
  const { inputs = ['input_ids', 'attention_mask'], inputType = 'int64', outputType = 'float32' } = graph;
  const { maskType = inputType } = graph;
  const node = (opType: string, from: readonly string[], to: string, attributes: OnnxNode['attributes']) => ({
    opType,
    domain: '',
    inputs: from,
    outputs: [to],
    attributes,
  });
  const vectors = node('Gather', ['table', 'input_ids'], 'vectors', []);
  const first = node('Gather', ['vectors', 'zero'], 'first', [{ name: 'axis', int: 1 }]);
  const source = graph.perText ? 'first' : 'vectors';
  const output: OnnxValue = {
    name: 'output',
    type: outputType,
    shape: graph.perText ? ['batch', 2] : ['batch', 'length', 2],
  };
  const bytes = encodeOnnxModel({
    producer: 'test',
    graphName: 'tiny',
    opsets: { '': 15 },
    nodes: [
      vectors,
      ...(graph.perText ? [first] : []),
      node('Cast', [source], 'output', [{ name: 'to', int: castNumbers[outputType] }]),
    ],
    initializers: [
      { name: 'table', type: 'float32', shape: [3, 2], data: Float32Array.from(table.flat()) },
      { name: 'zero', type: 'int32', shape: [], data: Int32Array.of(0) },
    ],
    inputs: inputs.map((name) => ({
      name,
      type: name === 'attention_mask' ? maskType : inputType,
      shape: ['batch', 'length'],
    })),
    outputs: [output],
  });
  writeFileSync(path, bytes);
}

import { ProtoMessage } from './protobuf.ts';

/** Numbers of `TensorProto.DataType`. */
const dataTypes = { float32: 1, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
export type OnnxType = keyof typeof dataTypes;

/** Numbers of `AttributeProto.AttributeType`. */
const attributeTypes = { float: 1, int: 2 } as const;

export type OnnxAttribute =
  | { readonly name: string; readonly float: number }
  | { readonly name: string; readonly int: number };

export interface OnnxNode {
  readonly opType: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  /** '' stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Int32Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** A name stands for a size that each run decides. */
  readonly shape: readonly (string | number)[];
}

export interface OnnxModel {
  readonly producer: string;
  readonly graphName: string;
  /** Operator set versions by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const irVersion = 8;

/** An .onnx file. Field numbers are those of onnx.proto. */
export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  const message = new ProtoMessage()
    .int(1, irVersion)
    .string(2, model.producer)
    .message(7, graphMessage(model));
  for (const [domain, version] of Object.entries(model.opsets)) {
    message.message(8, new ProtoMessage().string(1, domain).int(2, version));
  }
  return message.finish();
}

function graphMessage(model: OnnxModel): ProtoMessage {
  const graph = new ProtoMessage();
  for (const node of model.nodes) graph.message(1, nodeMessage(node));
  graph.string(2, model.graphName);
  for (const initializer of model.initializers) graph.message(5, tensorMessage(initializer));
  for (const input of model.inputs) graph.message(11, valueMessage(input));
  for (const output of model.outputs) graph.message(12, valueMessage(output));
  return graph;
}

function nodeMessage({ opType, domain, inputs, outputs, attributes }: OnnxNode): ProtoMessage {
  const node = new ProtoMessage();
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, `${opType}:${outputs[0] ?? ''}`).string(4, opType);
  for (const attribute of attributes) node.message(5, attributeMessage(attribute));
  return node.string(7, domain);
}

function attributeMessage(attribute: OnnxAttribute): ProtoMessage {
  const message = new ProtoMessage().string(1, attribute.name);
  if ('float' in attribute) return message.float(2, attribute.float).int(20, attributeTypes.float);
  return message.int(3, attribute.int).int(20, attributeTypes.int);
}

function tensorMessage({ name, type, shape, data }: OnnxInitializer): ProtoMessage {
  const tensor = new ProtoMessage();
  for (const size of shape) tensor.int(1, size);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensor.int(2, dataTypes[type]).string(8, name).bytes(9, bytes);
}

function valueMessage({ name, type, shape }: OnnxValue): ProtoMessage {
  const sizes = new ProtoMessage();
  for (const size of shape) {
    const dimension = new ProtoMessage();
    sizes.message(1, typeof size === 'string' ? dimension.string(2, size) : dimension.int(1, size));
  }
  const tensor = new ProtoMessage().int(1, dataTypes[type]).message(2, sizes);
  return new ProtoMessage().string(1, name).message(2, new ProtoMessage().message(1, tensor));
}

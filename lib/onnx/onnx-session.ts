import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { PointsmanError } from '../errors.ts';
import { graphNames } from './bert-graph.ts';
import { widenFloat16 } from './half.ts';
import { importPeer } from './import-peer.ts';

/** Token ids of several texts, padded to one length. */
export interface PaddedBatch {
  readonly rows: number;
  readonly length: number;
  /** [rows, length] */
  readonly ids: Int32Array;
  /** 1 on tokens, 0 on padding. */
  readonly mask: Int32Array;
}

/** What the graph answered, as float32: [rows, length, dimension] by token, or [rows, dimension] by text. */
export interface GraphOutput {
  readonly values: Float32Array;
  readonly byToken: boolean;
  /** [rows, length, dimension] of the embedding layer; null where it was not asked for. */
  readonly tokenEmbeddings: Float32Array | null;
}

type IntegerType = 'int32' | 'int64';
type InputRole = 'ids' | 'mask' | 'segments';

/** Names under which exporters write an encoder's inputs. */
const inputRoles: Readonly<Record<string, InputRole>> = {
  input_ids: 'ids',
  attention_mask: 'mask',
  token_type_ids: 'segments',
};

interface GraphInput {
  readonly name: string;
  readonly role: InputRole;
  readonly type: IntegerType;
}

/** An ONNX encoder opened by onnxruntime-node on one thread, whatever its inputs' order and types. */
export class OnnxSession {
  readonly #runtime: typeof import('onnxruntime-node');
  readonly #session: InferenceSession;
  readonly #inputs: readonly GraphInput[];
  readonly #output: { readonly name: string; readonly byToken: boolean };

  private constructor(runtime: typeof import('onnxruntime-node'), session: InferenceSession, path: string) {
    this.#runtime = runtime;
    this.#session = session;
    this.#inputs = session.inputMetadata.map((input) => checkInput(input, path));
    this.#output = chooseOutput(session.outputMetadata, path);
  }

  /** Rejects with ERR_PEER_MISSING, ERR_CORRUPT_FILE, or ERR_UNSUPPORTED for a graph with other inputs or outputs. */
  static async open(path: string, threads = 1): Promise<OnnxSession> {
    const runtime = await importPeer('onnxruntime-node', () => import('onnxruntime-node'));
    const options = {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3, // errors; warnings about a graph would go to the host's stderr
    } as const;
    const session = await runtime.InferenceSession.create(path, options).catch((cause: unknown) => {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new PointsmanError('ERR_CORRUPT_FILE', `onnxruntime cannot open ${path}: ${detail}`, { cause });
    });
    return new OnnxSession(runtime, session, path);
  }

  /** Whether the graph answers its embedding layer's output: those that `pointsman export` writes do. */
  get hasTokenEmbeddings(): boolean {
    return this.#session.outputNames.includes(graphNames.embeddings);
  }

  /** With `tokenEmbeddings` only where the graph has them. */
  async run(batch: PaddedBatch, tokenEmbeddings = false): Promise<GraphOutput> {
    const feeds = Object.fromEntries(this.#inputs.map((input) => [input.name, this.#feed(input, batch)]));
    const { name, byToken } = this.#output;
    const outputs = await this.#session.run(feeds, tokenEmbeddings ? [name, graphNames.embeddings] : [name]);
    const floats = (output: string) => {
      const tensor = outputs[output];
      if (tensor === undefined) throw new PointsmanError('ERR_INTERNAL', `onnxruntime gave no ${output}`);
      return asFloats(tensor);
    };
    return {
      values: floats(name),
      byToken,
      tokenEmbeddings: tokenEmbeddings ? floats(graphNames.embeddings) : null,
    };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #feed({ role, type }: GraphInput, { rows, length, ids, mask }: PaddedBatch): Tensor {
    const values = role === 'segments' ? new Int32Array(ids.length) : { ids, mask }[role];
    const data = type === 'int32' ? values : BigInt64Array.from(values, BigInt);
    return new this.#runtime.Tensor(type, data, [rows, length]);
  }
}

function checkInput(input: InferenceSession.ValueMetadata, path: string): GraphInput {
  const role = inputRoles[input.name];
  if (role === undefined) {
    const known = Object.keys(inputRoles).join(', ');
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `${path}: the graph has an input "${input.name}"; only ${known} can be fed`,
    );
  }
  const type = input.isTensor ? input.type : 'a sequence';
  if (type === 'int32' || type === 'int64') return { name: input.name, role, type };
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `${path}: input "${input.name}" is ${type}, expected int32 or int64`,
  );
}

/** A vector per token, where the graph answers one; else a vector per text. */
function chooseOutput(
  outputs: readonly InferenceSession.ValueMetadata[],
  path: string,
): { readonly name: string; readonly byToken: boolean } {
  const ranks = outputs.map((output) =>
    output.isTensor && (output.type === 'float32' || output.type === 'float16') ? output.shape.length : 0,
  );
  const rank = ranks.includes(3) ? 3 : 2;
  const chosen = outputs[ranks.indexOf(rank)];
  if (chosen !== undefined) return { name: chosen.name, byToken: rank === 3 };
  const found = outputs.map(({ name }) => name).join(', ');
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `${path}: none of the outputs (${found}) is float32 or float16 of shape [batch, length, dimension] or [batch, dimension]`,
  );
}

/** Newer Nodes have a Float16Array; before, onnxruntime answers the bits. */
function asFloats(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return widenFloat16(data);
  return Float32Array.from(data as Iterable<number>);
}

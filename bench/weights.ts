import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tensor of an encoder's weight file, widened to float32. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The fields of config.json that decide the shape of a BERT encoder. */
export interface BertConfig {
  readonly model_type: string;
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  readonly layer_norm_eps: number;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function readBertConfig(modelDir: string): BertConfig {
  const config = JSON.parse(readFileSync(join(modelDir, 'config.json'), 'utf8')) as BertConfig;
  if (config.model_type !== 'bert') throw new Error(`expected a BERT model, got ${config.model_type}`);
  return config;
}

/**
 * Reads the one .safetensors file in `modelDir`: F32 and F16 tensors by name, others (position ids) left out. Written
 * apart from the native reader, so that comparing encoders compares the readers too.
 */
export function readWeights(modelDir: string): ReadonlyMap<string, WeightTensor> {
  const file = readdirSync(modelDir).find((name) => name.endsWith('.safetensors'));
  if (file === undefined) throw new Error(`${modelDir} holds no .safetensors file`);
  const bytes = readFileSync(join(modelDir, file));
  const dataStart = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, dataStart)) as Record<string, HeaderEntry>;
  const tensors = new Map<string, WeightTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [begin, end] = entry.data_offsets;
    const data = widen(bytes.subarray(dataStart + begin, dataStart + end), entry.dtype);
    if (data !== undefined) tensors.set(name, { shape: entry.shape, data });
  }
  return tensors;
}

function widen(bytes: Uint8Array, dtype: string): Float32Array | undefined {
  const aligned = new Uint8Array(bytes).buffer; // a copy: tensors in a file begin at any byte
  if (dtype === 'F32') return new Float32Array(aligned);
  if (dtype === 'F16') return Float32Array.from(new Uint16Array(aligned), halfToNumber);
  return undefined;
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

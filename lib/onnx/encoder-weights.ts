import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parseJson } from '../artifact/parse-json.ts';
import { describeIssues } from '../artifact/schema.ts';
import { PointsmanError } from '../errors.ts';
import { widenBfloat16, widenFloat16 } from './half.ts';

/** A tensor of an encoder's weight file, widened to float32. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const size = v.pipe(v.number(), v.integer(), v.minValue(0));
const headerSchema = v.record(
  v.string(),
  v.object({ dtype: v.string(), shape: v.array(size), data_offsets: v.tuple([size, size]) }),
);

/** What a saver puts before every name when the encoder is a part of a larger module. */
const namePrefix = /^(bert|model)\./;

/**
 * The floating-point tensors of a .safetensors file (F32, F16, BF16) by name; others, such as position ids, are left
 * out. Written apart from the native reader, so that comparing the encoders compares the readers too.
 */
export async function readWeights(path: string): Promise<ReadonlyMap<string, WeightTensor>> {
  const bytes = await readFile(path);
  const corrupt = (what: string) => new PointsmanError('ERR_CORRUPT_FILE', `${path}: ${what}`);
  const dataStart = bytes.length < 8 ? Number.NaN : 8 + Number(bytes.readBigUInt64LE(0));
  if (!(dataStart <= bytes.length)) throw corrupt('is truncated or no safetensors file');
  const { __metadata__: _, ...entries } = Object(parseJson(bytes.toString('utf8', 8, dataStart), path));
  const header = v.safeParse(headerSchema, entries);
  if (!header.success) throw corrupt(`header: ${describeIssues(header.issues)}`);
  const tensors = new Map<string, WeightTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header.output)) {
    const [begin, end] = data_offsets.map((offset) => dataStart + offset);
    const data = widen(bytes.subarray(begin, end), dtype);
    if (data === null) continue;
    const expected = shape.reduce((product, length) => product * length, 1);
    if (data.length !== expected)
      throw corrupt(`tensor "${name}" has ${data.length} of ${expected} elements`);
    tensors.set(name.replace(namePrefix, ''), { shape, data });
  }
  return tensors;
}

/** Null for a type that holds no floating-point numbers. */
function widen(bytes: Uint8Array, dtype: string): Float32Array | null {
  const aligned = new Uint8Array(bytes).buffer; // a copy: tensors in a file begin at any byte
  if (dtype === 'F32') return new Float32Array(aligned, 0, Math.floor(bytes.length / 4));
  const halves = new Uint16Array(aligned, 0, Math.floor(bytes.length / 2));
  if (dtype === 'F16') return widenFloat16(halves);
  if (dtype === 'BF16') return widenBfloat16(halves);
  return null;
}

import { PointsmanError } from '../errors.ts';
import type { StateTensor } from '../estimator/estimator.ts';
import { parseJson } from './parse-json.ts';

/**
 * A router's tensors in the safetensors format, float32 only: 8 bytes of little-endian header length, a JSON header,
 * the data. (The encoder's weights are read by the native engine, which maps them.)
 */
export function encodeSafetensors(tensors: Readonly<Record<string, StateTensor>>): Uint8Array {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: 'F32', shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  // Padded with spaces, as the format recommends, so that the data starts aligned.
  const headerBytes = new TextEncoder().encode(json.padEnd(Math.ceil((json.length + 8) / 64) * 64 - 8));
  const bytes = new Uint8Array(8 + headerBytes.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  bytes.set(headerBytes, 8);
  let position = 8 + headerBytes.length;
  for (const tensor of Object.values(tensors)) {
    const { buffer, byteOffset, byteLength } = tensor.data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), position);
    position += byteLength;
  }
  return bytes;
}

/** Every offset, type and shape is checked against the file; what does not fit is ERR_CORRUPT_FILE. */
export function decodeSafetensors(bytes: Uint8Array, path: string): Record<string, StateTensor> {
  const corrupt = (what: string) => new PointsmanError('ERR_CORRUPT_FILE', `${path}: ${what}`);
  if (bytes.length < 8) throw corrupt(`is ${bytes.length} bytes long, too short for a safetensors file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const dataStart = 8 + headerLength;
  if (dataStart > bytes.length) {
    throw corrupt(`is truncated: its header claims ${headerLength} bytes, the file has ${bytes.length}`);
  }
  const header = parseJson(new TextDecoder().decode(bytes.subarray(8, dataStart)), path);
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt('header is not an object');
  const tensors: Record<string, StateTensor> = {};
  let covered = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { shape, begin, end } = checkEntry(entry, name, bytes.length - dataStart, corrupt);
    covered += end - begin;
    // Copied into its own buffer: the file's may be a slice of a larger one, and float32 wants alignment.
    const data = new Float32Array((end - begin) / 4);
    new Uint8Array(data.buffer).set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors[name] = { shape, data };
  }
  if (covered !== bytes.length - dataStart) {
    throw corrupt(`has ${bytes.length - dataStart} bytes of data, its tensors cover ${covered}`);
  }
  return tensors;
}

function checkEntry(
  entry: unknown,
  name: string,
  dataLength: number,
  corrupt: (what: string) => PointsmanError,
): { shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32') throw corrupt(`tensor "${name}" has type ${String(dtype)}, expected F32`);
  if (!isSizes(shape)) throw corrupt(`tensor "${name}" has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw corrupt(`tensor "${name}" has no valid data_offsets`);
  const [begin = 0, end = 0] = offsets;
  const bytes = 4 * shape.reduce((product, size) => product * size, 1);
  if (end > dataLength || end - begin !== bytes) {
    throw corrupt(
      `tensor "${name}" of shape [${shape.join(', ')}] needs ${bytes} bytes, its offsets are ${begin} to ${end} of ${dataLength}`,
    );
  }
  return { shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

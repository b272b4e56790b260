import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../lib/artifact/safetensors.ts';

const tensors = {
  weight: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
  scalar: { shape: [], data: Float32Array.of(7) },
};

/** The bytes of `tensors` with its JSON header rewritten. */
function withHeader(edit: (header: Record<string, Record<string, unknown>>) => void): Uint8Array {
  const bytes = encodeSafetensors(tensors);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  edit(header);
  const rewritten = new TextEncoder().encode(JSON.stringify(header));
  const result = new Uint8Array(8 + rewritten.length + bytes.length - 8 - length);
  new DataView(result.buffer).setBigUint64(0, BigInt(rewritten.length), true);
  result.set(rewritten, 8);
  result.set(bytes.subarray(8 + length), 8 + rewritten.length);
  return result;
}

describe('safetensors of a router', () => {
  it('come back as they were written', () => {
    expect(decodeSafetensors(encodeSafetensors(tensors), 'r')).toEqual(tensors);
  });

  it('start their data on a 64-byte border', () => {
    const bytes = encodeSafetensors(tensors);
    expect((8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))) % 64).toBe(0);
  });

  it.each([
    ['an empty file', new Uint8Array(0), 'r: is 0 bytes long, too short for a safetensors file'],
    [
      'a file cut in its data',
      encodeSafetensors(tensors).slice(0, -4),
      'tensor "scalar" of shape [] needs 4 bytes',
    ],
    [
      'a file cut in its header',
      encodeSafetensors(tensors).slice(0, 40),
      'r: is truncated: its header claims',
    ],
    [
      'trailing bytes',
      new Uint8Array([...encodeSafetensors(tensors), 0]),
      'has 29 bytes of data, its tensors cover 28',
    ],
    [
      'another type',
      withHeader((header) => Object.assign(header.weight ?? {}, { dtype: 'F16' })),
      'has type F16, expected F32',
    ],
    [
      'a shape that is too large',
      withHeader((header) => Object.assign(header.weight ?? {}, { shape: [2, 4] })),
      'tensor "weight" of shape [2, 4] needs 32 bytes',
    ],
    [
      'negative offsets',
      withHeader((header) => Object.assign(header.weight ?? {}, { data_offsets: [-8, 16] })),
      'tensor "weight" has no valid data_offsets',
    ],
    [
      'offsets past the end',
      withHeader((header) => Object.assign(header.weight ?? {}, { data_offsets: [100, 124] })),
      'its offsets are 100 to 124 of 28',
    ],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'r')).toThrow(
      expect.objectContaining({ code: 'ERR_CORRUPT_FILE', message: expect.stringContaining(message) }),
    );
  });
});

/** float32 to IEEE half precision, as bit patterns: rounded to nearest, ties to even; what is too large becomes infinite. */
export function narrowFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const x = bits[i] as number;
    const sign = (x >>> 16) & 0x8000;
    const magnitude = x & 0x7fffffff;
    if (magnitude >= 0x47800000) {
      out[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    } else if (magnitude >= 0x38800000) {
      const odd = (magnitude >>> 13) & 1;
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
    } else {
      // Subnormal: a multiple of 2^-24, by a multiplication that is exact.
      out[i] = sign | roundToEven(Math.abs(values[i] as number) * 2 ** 24);
    }
  }
  return out;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

import { describe, expect, test } from 'vitest';
import { surfaceFeatures, surfaceWidth } from '../../bindings/surface-features.ts';
import { failureOf } from './support.ts';

/** As native/text/surface_features.h scales them. */
const scales = [0.84, 0.87, 0.85, 21, 36, 66, 48, 44, 77, 1.85, 7.2, 4.8, 4.4, 1.33, 0.83, 0.74];

describe('surface features', () => {
  test('are what counting by hand gives', () => {
    const text = 'def f(x):\n  return "é" + x\n\nWhich? \\frac\nA. é\nB) x';
    const bytes = 52;
    expect(Buffer.byteLength(text)).toBe(bytes);
    const words = ['def', 'f(x):', 'return', '"é"', '+', 'x', 'Which?', '\\frac', 'A.', 'é', 'B)', 'x'];
    const wordBytes = Buffer.byteLength(words.join(''));
    const values = [
      Math.log1p(bytes),
      Math.log1p(words.length),
      Math.log1p(6),
      0,
      3 / bytes, // W A B
      1 / bytes, // +
      3 / bytes, // ( ) )
      3 / bytes, // : ? .
      4 / bytes, // é is two bytes
      Math.log1p(1),
      Math.log1p(wordBytes / words.length),
      11 / 12, // x stands twice
      1, // def
      Math.log1p(1), // the backslash
      Math.log1p(2),
      Math.log1p(4), // B) x
    ];
    const surface = surfaceFeatures([text]);
    expect(surface).toHaveLength(surfaceWidth);
    for (const [index, value] of values.entries()) {
      expect(surface[index], `value ${index}`).toBeCloseTo(Math.min(value * (scales[index] ?? 0), 16), 5);
    }
  });

  test('of a text do not depend on its neighbours, and of an empty one are zeros', () => {
    const texts = ['Why?', '', '{"a": [1, 2]}'.repeat(1000)];
    const together = surfaceFeatures(texts);
    for (const [index, text] of texts.entries()) {
      expect(together.slice(index * 16, (index + 1) * 16)).toEqual(surfaceFeatures([text]));
    }
    expect(together.slice(16, 32)).toEqual(new Float32Array(16));
    expect(surfaceFeatures([])).toHaveLength(0);
  });

  test('are given for lone surrogates and NUL characters', () => {
    expect(surfaceFeatures(['\ud800 \0 \udfff']).every(Number.isFinite)).toBe(true);
  });

  test.each([
    ['a', 'surfaceFeatures: texts must be an array of strings, got a string'],
    [['a', 1], 'surfaceFeatures: texts[1] must be a string, got 1'],
  ])('refuse %o', (texts, message) => {
    const given = texts as unknown as string[];
    expect(failureOf(() => surfaceFeatures(given))).toEqual({ code: 'ERR_INVALID_ARGUMENT', message });
  });
});

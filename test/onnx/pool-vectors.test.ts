import { expect, it } from 'vitest';
import { normalizeVector, poolVectors } from '../../lib/onnx/pool-vectors.ts';

/** Two texts of 3 cells and 2 numbers; the second has one cell of padding. */
const values = Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, Number.NaN, Number.NaN);

it('mean pooling takes the tokens of a text and no padding', () => {
  const out = new Float32Array(2);
  poolVectors('mean', { values, row: 0, length: 3, tokens: 3 }, out);
  expect([...out]).toEqual([3, 4]);
  poolVectors('mean', { values, row: 1, length: 3, tokens: 2 }, out);
  expect([...out]).toEqual([20, 30]);
});

it('cls pooling takes the first token', () => {
  const out = new Float32Array(2);
  poolVectors('cls', { values, row: 1, length: 3, tokens: 2 }, out);
  expect([...out]).toEqual([10, 20]);
});

it('normalising gives length 1, and leaves zeros', () => {
  const vector = Float32Array.of(3, 4);
  normalizeVector(vector);
  expect(vector).toEqual(Float32Array.of(0.6, 0.8));
  const zeros = new Float32Array(3);
  normalizeVector(zeros);
  expect([...zeros]).toEqual([0, 0, 0]);
});

import { describe, expect, it } from 'vitest';
import { maskedBce } from '../../lib/nn/losses/masked-bce.ts';
import { maskedMse } from '../../lib/nn/losses/masked-mse.ts';
import { pairwiseRanking } from '../../lib/nn/losses/pairwise-ranking.ts';
import { softmaxCrossEntropy } from '../../lib/nn/losses/softmax-cross-entropy.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { Tensor } from '../../lib/nn/tensor.ts';
import { checkGradients, randomTensor } from './gradient-check.ts';
import { kernels } from './kernels.ts';

const losses = [
  { name: 'maskedMse', loss: maskedMse },
  { name: 'maskedBce', loss: maskedBce },
  { name: 'pairwiseRanking', loss: pairwiseRanking },
];

const targets = () => Float32Array.of(0, 1, Number.NaN, 0.5, Number.NaN, 0.25, 1, 0.75, 0, Number.NaN, 1, 0);

describe.each(losses)('$name', ({ loss }) => {
  it('has its gradient', () => {
    const x = randomTensor([3, 4], 1);
    checkGradients([x], (tape) => loss(tape, x, targets()));
  });

  it('gives a missing cell no gradient and takes no value from it', () => {
    const x = randomTensor([3, 4], 1);
    const tape = new Tape(kernels);
    const value = loss(tape, x, targets());
    tape.backward(value);
    for (const cell of [2, 4, 9]) {
      expect(x.gradient?.[cell]).toBe(0);
      x.data[cell] = 1000;
    }
    expect(loss(new Tape(kernels), x, targets()).item()).toBe(value.item());
  });

  it('is 0 with a gradient of 0 where every cell is missing', () => {
    const x = randomTensor([3, 4], 1);
    const tape = new Tape(kernels);
    const value = loss(tape, x, new Float32Array(12).fill(Number.NaN));
    tape.backward(value);
    expect(value.item()).toBe(0);
    expect(x.gradient).toEqual(new Float32Array(12));
  });

  it('refuses another number of targets', () => {
    const compute = () => loss(new Tape(kernels), randomTensor([3, 4], 1), new Float32Array(11));
    expect(compute).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});

describe('loss values', () => {
  it('maskedMse is the mean over the known cells', () => {
    const x = new Tensor([1, 3], Float32Array.of(1, 0.5, 7));
    expect(maskedMse(new Tape(kernels), x, Float32Array.of(0, 0.5, Number.NaN)).item()).toBe(0.5);
  });

  it('maskedBce stays finite for logits beyond the range of exp', () => {
    const x = new Tensor([1, 2], Float32Array.of(2000, -2000), true);
    const tape = new Tape(kernels);
    const value = maskedBce(tape, x, Float32Array.of(0, 0));
    tape.backward(value);
    expect(value.item()).toBe(1000);
    expect(x.gradient).toEqual(Float32Array.of(0.5, 0));
  });

  it('pairwiseRanking falls as the better model is ranked higher, and never pairs across rows', () => {
    const ranked = (better: number) =>
      pairwiseRanking(
        new Tape(kernels),
        new Tensor([2, 2], Float32Array.of(better, 0, 5, 5)),
        Float32Array.of(1, 0, 0.5, 0.5),
      ).item();
    expect(ranked(0)).toBeCloseTo(Math.log(2), 6);
    expect(ranked(2)).toBeCloseTo(Math.log1p(Math.exp(-2)), 6);
  });
});

describe('softmaxCrossEntropy', () => {
  const labels = [2, 0, 3];

  it('has its gradient', () => {
    const logits = randomTensor([3, 4], 5);
    checkGradients([logits], (tape) => softmaxCrossEntropy(tape, logits, labels));
  });

  it('is the mean surprise at the labels', () => {
    const logits = new Tensor([2, 2], Float32Array.of(0, Math.log(3), 100, -100));
    const loss = softmaxCrossEntropy(new Tape(kernels), logits, [0, 0]).item();
    expect(loss).toBeCloseTo(Math.log(4) / 2, 6);
  });

  it('refuses labels that are no classes, and another number of them', () => {
    const logits = randomTensor([3, 4], 5);
    const lossOf = (given: number[]) => () => softmaxCrossEntropy(new Tape(kernels), logits, given);
    expect(lossOf([0, 4, 0])).toThrow('softmaxCrossEntropy: label 4 of row 1 is outside 4 classes');
    expect(lossOf([0, 1])).toThrow('softmaxCrossEntropy: 3 rows need 3 labels, got 2');
  });
});

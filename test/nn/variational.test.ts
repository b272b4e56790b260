import { describe, expect, it } from 'vitest';
import { gaussianKl } from '../../lib/nn/losses/gaussian-kl.ts';
import { pairwiseAgainst } from '../../lib/nn/losses/pairwise-against.ts';
import { pairwiseRanking } from '../../lib/nn/losses/pairwise-ranking.ts';
import { sampleNormal } from '../../lib/nn/ops/sample-normal.ts';
import { Random } from '../../lib/nn/random.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { Tensor } from '../../lib/nn/tensor.ts';
import { checkGradients, randomTensor } from './gradient-check.ts';
import { kernels } from './kernels.ts';

const training = () => new Tape(kernels, { training: true });

describe('gaussianKl', () => {
  it('has its gradient, and is 0 for the prior itself', () => {
    const [mean, logVariance] = [randomTensor([2, 3], 1), randomTensor([2, 3], 2)];
    checkGradients([mean, logVariance], (tape) => gaussianKl(tape, mean, logVariance));
    expect(gaussianKl(training(), Tensor.zeros([5]), Tensor.zeros([5])).item()).toBe(0);
  });

  it('agrees with an integral over samples', () => {
    const [mu, logVariance, draws] = [0.7, -1.2, 200_000];
    const random = new Random(1);
    let sum = 0;
    for (let draw = 0; draw < draws; ++draw) {
      const noise = random.normal();
      const x = mu + Math.exp(logVariance / 2) * noise;
      sum += (x * x - noise * noise - logVariance) / 2;
    }
    const exact = gaussianKl(
      training(),
      new Tensor([1], Float32Array.of(mu)),
      new Tensor([1], Float32Array.of(logVariance)),
    );
    expect(sum / draws).toBeCloseTo(exact.item(), 2);
  });
});

describe('sampleNormal', () => {
  it('draws with the mean and variance, with gradients to both', () => {
    const mean = new Tensor([40_000], new Float32Array(40_000).fill(0.5));
    const logVariance = new Tensor([40_000], new Float32Array(40_000).fill(Math.log(4)));
    const { data } = sampleNormal(training(), mean, logVariance, new Random(3));
    const average = data.reduce((a, b) => a + b, 0) / data.length;
    expect(average).toBeCloseTo(0.5, 1);
    expect(data.reduce((a, b) => a + (b - average) ** 2, 0) / data.length).toBeCloseTo(4, 1);
    const [m, v] = [randomTensor([2, 3], 1), randomTensor([2, 3], 2)];
    checkGradients([m, v], (tape) => sampleNormal(tape, m, v, new Random(5)));
  });

  it('is the mean where the tape is not training', () => {
    const mean = randomTensor([3], 1);
    expect(sampleNormal(new Tape(kernels), mean, randomTensor([3], 2), new Random(1))).toBe(mean);
  });
});

describe('pairwiseAgainst', () => {
  const scores = Float64Array.of(1, 0, 0.5);
  const opponents = {
    count: 2,
    logits: Float32Array.of(0.3, -0.2, 1, 0.4, -0.6, 0.1),
    scores: Float32Array.of(0, 1, 1, Number.NaN, 1, 0),
  };

  it('has its gradient', () => {
    const x = randomTensor([3, 4], 1);
    checkGradients([x], (tape) => pairwiseAgainst(tape, x, scores, opponents));
  });

  it('is the ranking loss of one newcomer and one opponent on one prompt', () => {
    const alone = { count: 1, logits: Float32Array.of(0.3), scores: Float32Array.of(0) };
    const own = pairwiseAgainst(
      training(),
      new Tensor([1, 1], Float32Array.of(0.9), true),
      Float64Array.of(1),
      alone,
    );
    const pair = pairwiseRanking(
      training(),
      new Tensor([1, 2], Float32Array.of(0.9, 0.3), true),
      Float32Array.of(1, 0),
    );
    expect(own.item()).toBeCloseTo(pair.item(), 6);
  });

  it('counts ties and missing opponents for nothing', () => {
    const tied = { count: 2, logits: Float32Array.of(5, -5), scores: Float32Array.of(1, Number.NaN) };
    const x = new Tensor([1, 1], Float32Array.of(0.9), true);
    expect(pairwiseAgainst(training(), x, Float64Array.of(1), tied).item()).toBe(0);
  });
});

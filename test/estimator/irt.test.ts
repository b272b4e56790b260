import { describe, expect, it } from 'vitest';
import { binariseScores } from '../../lib/estimator/binarise.ts';
import { trainIrt } from '../../lib/estimator/irt.ts';
import { identitiesOf, identityDistance, identityUncertainty } from '../../lib/estimator/irt-identities.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { meanSquaredError, plantedData } from './planted.ts';

describe('scores made 0 or 1', () => {
  const models = ['a', 'b'];
  const data = {
    rows: 4,
    dimension: 1,
    models,
    embeddings: new Float32Array(4),
    scores: Float32Array.of(0.2, 0.9, 0.6, Number.NaN, 1, 0, 1, 1),
    sources: ['marks', 'marks', 'passed', 'passed'],
  };

  it('keep the mean of each source as well as a threshold can, and missing cells', () => {
    // Of 0.2, 0.9 and 0.6, mean 0.57, two of three pass.
    expect([...binariseScores(data)]).toEqual([0, 1, 1, Number.NaN, 1, 0, 1, 1]);
  });

  it('leave scores of 0 and 1 as they are', () => {
    const planted = plantedData(50, 1);
    expect(binariseScores(planted)).toEqual(planted.scores);
  });

  it('stay 0 or 1 where all of a source are alike', () => {
    const alike = { ...data, scores: new Float32Array(8).fill(0.3) };
    expect(new Set(binariseScores(alike))).toEqual(new Set([0]));
    expect(new Set(binariseScores({ ...alike, scores: new Float32Array(8).fill(0.7) }))).toEqual(
      new Set([1]),
    );
  });
});

describe('identities', () => {
  /** The planted models with a second generalist, which differs by its luck alone. */
  function withTwin(rows: number, seed: number, known = 1) {
    const data = plantedData(rows, seed);
    const other = plantedData(rows, seed); // the same prompts
    const columns = data.models.length + 1;
    const scores = new Float32Array(rows * columns);
    for (let row = 0; row < rows; ++row) {
      scores.set(data.scores.subarray(row * (columns - 1), (row + 1) * (columns - 1)), row * columns);
      const own = other.scores[row * (columns - 1)] as number;
      scores[(row + 1) * columns - 1] = row < known * rows ? (row % 9 === 0 ? 1 - own : own) : Number.NaN;
    }
    return { ...data, models: [...data.models, 'twin'], scores };
  }

  it('of models that do alike are near, of others far, and the uncertainty is of what was seen of them', async () => {
    const training = withTwin(600, 1, 0.1);
    const estimator = await trainIrt(training, withTwin(200, 2), { seed: 0 });
    const identities = identitiesOf(estimator.state(), estimator.models);
    if (identities === null) throw new Error('an irt estimator has identities');
    const [generalist, mathematician, poet, , twin] = identities.models;
    if (!generalist || !mathematician || !poet || !twin) throw new Error('a model is missing');
    const distance = (a: typeof generalist, b: typeof generalist) =>
      identityDistance(a, b, identities.metric);
    expect(distance(generalist, generalist)).toBe(0);
    expect(distance(generalist, twin)).toBeLessThan(0.6 * distance(generalist, mathematician));
    expect(distance(mathematician, poet)).toBeGreaterThan(1.2 * distance(mathematician, generalist));
    expect(identityUncertainty(twin, identities.metric)).toBeGreaterThan(
      1.5 * identityUncertainty(generalist, identities.metric),
    );
  });

  it('are of kind irt alone', async () => {
    expect(identitiesOf({ kind: 'ridge', config: {}, tensors: {} }, ['a'])).toBeNull();
  });

  it('trains on scores made 0 or 1 where it is told to', async () => {
    const marks = (rows: number, seed: number) => {
      const data = plantedData(rows, seed);
      return {
        ...data,
        scores: data.scores.map((score, cell) => (cell % 2 === 0 ? score : 0.2 + 0.6 * score)),
      };
    };
    const estimator = await trainIrt(marks(400, 1), marks(150, 2), { seed: 0, binarise: true });
    const fresh = plantedData(300, 3);
    const own = meanSquaredError(predictAll(estimator, fresh.embeddings, fresh.rows), fresh.scores);
    expect(own).toBeLessThan(0.22); // of passes, not of marks: the constant has 0.25
  });
});

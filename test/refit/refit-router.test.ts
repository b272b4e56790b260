import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import { newDecisionId } from '../../lib/decision-marks.ts';
import { trainIrt } from '../../lib/estimator/irt.ts';
import { trainedIdentities, withIdentity } from '../../lib/estimator/irt-identities.ts';
import { onboardedState } from '../../lib/estimator/onboarded.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { refittedState } from '../../lib/estimator/refitted.ts';
import { estimatorFactory, estimatorFromState } from '../../lib/estimator/registry.ts';
import { FeedbackStore } from '../../lib/feedback/store.ts';
import { Router } from '../../lib/index.ts';
import { widenFloat16 } from '../../lib/onnx/half.ts';
import { narrowFloat16 } from '../../lib/pool/narrow-float16.ts';
import { refitEstimator } from '../../lib/refit/refit-estimator.ts';
import { refitRouter } from '../../lib/train/refit-router.ts';
import { plantedData } from '../estimator/planted.ts';
import { Random } from '../support/random.ts';
import {
  temporaryFolder,
  tinyCalibration,
  tinyCostHead,
  tinyModels,
  writeTinyRouter,
} from '../support/tiny-router.ts';
import { coin, plantedFeedback } from './planted.ts';

const dimension = 384;
let folder: ReturnType<typeof temporaryFolder>;
let start = 0;
const at = (name: string) => join(folder.path, name);
beforeEach(async () => {
  folder = temporaryFolder();
  start = Date.now() - 3_600_000;
  await writeTinyRouter(
    at('router'),
    {
      defaults: {
        policy: { kind: 'tolerance', tolerance: 0.1 },
        fallbackModels: ['medium', 'large', 'small'],
      },
    },
    { costHead: tinyCostHead(), calibration: tinyCalibration() },
  );
});
afterEach(() => folder.clean());

/** Scored decisions that went to `medium`, but for one in ten to each of the others; what the router predicts is true but as stated. */
async function feedBack(
  count: number,
  chance: (predicted: number, row: number) => number,
  seed = 1,
): Promise<void> {
  const { estimator, manifest } = await readArtifact(at('router'));
  await using store = await FeedbackStore.open(at('feedback'));
  const router = manifest.tensors.sha256;
  await store.addRouter(router, { models: estimator.models, encoder: manifest.encoder });
  const random = new Random(seed);
  const scored: Promise<void>[] = [];
  for (let row = 0; row < count; row++) {
    const vector = Array.from({ length: dimension }, () => random.next() - 0.5);
    const norm = Math.hypot(...vector);
    const features = narrowFloat16(Float32Array.from(vector, (value) => value / norm));
    const quality = predictAll(estimator, widenFloat16(features), 1);
    const draw = random.next();
    const chosen = draw < 0.8 ? 1 : draw < 0.9 ? 0 : 2;
    const id = newDecisionId(start++);
    store.remember({
      id,
      decidedAt: start,
      router,
      model: tinyModels[chosen] ?? '',
      probability: chosen === 1 ? 0.8 : 0.1,
      policy: { kind: 'tolerance', tolerance: 0.1 },
      features,
      quality,
      costUsd: Float64Array.of(0.001, 0.01, 0.1),
      atChoice: Uint8Array.of(1, 1, 1),
      inputTokens: 20,
      prompt: null,
    });
    const p = quality[chosen] ?? 0;
    scored.push(store.feedback(id, coin(random, chosen === 1 ? chance(p, row) : p)));
  }
  await Promise.all(scored);
}

const refit = (out = 'refitted', router = 'router') =>
  refitRouter({ router: at(router), feedback: at('feedback'), out: at(out) });

describe('refitRouter', () => {
  it('keeps a refit that has noticed a drop, and the router routes around the model', async () => {
    await feedBack(800, (p, row) => (row < 400 ? p : 0.1 * p));
    const { kept, judgement, models, learnt, skipped, manifest, stale } = await refit();
    expect(kept).toBe(true);
    expect(judgement).toMatchObject({ verdict: 'kept', feedback: 150 });
    expect(learnt).toBe(650);
    expect(skipped).toEqual({ otherEncoder: 0, otherModel: 0 });
    const medium = models.find(({ model }) => model === 'medium');
    expect(medium?.setting?.keep).toBeLessThan(1);
    expect(models.filter(({ setting }) => setting !== null)).toHaveLength(1);
    expect(stale).toEqual(['medium']);

    const [before, after] = [await readArtifact(at('router')), await readArtifact(at('refitted'))];
    expect(after.manifest).toEqual(manifest);
    expect(after.manifest.estimator.kind).toBe('refitted');
    expect(after.manifest.defaults.fallbackModels).toEqual(['large', 'small', 'medium']);
    expect(after.manifest.refits).toMatchObject([
      { router: before.manifest.tensors.sha256, feedback: { learnt: 650, heldOut: 150 }, stale: ['medium'] },
    ]);
    const route = async (name: string) => {
      await using router = await Router.load(at(name), { lanes: 1 });
      const [decision] = await router.routeMany(['What is a prime?'], { tolerance: 0 });
      if (decision?.kind !== 'routed') throw new Error('nothing was routed');
      return decision;
    };
    const [old, now] = [await route('router'), await route('refitted')];
    const qualityOf = ({ candidates }: typeof old, id: string) =>
      candidates.find(({ model }) => model === id)?.quality ?? Number.NaN;
    expect(qualityOf(now, 'medium')).toBeLessThan(0.5 * qualityOf(old, 'medium'));
    for (const id of ['small', 'large']) expect(qualityOf(now, id)).toBeCloseTo(qualityOf(old, id), 5);
  });

  it('carries the calibration set along: predictions moved, contradicted scores dropped, held-out feedback added', async () => {
    await feedBack(800, (p, row) => (row < 400 ? p : 0.1 * p));
    await refit();
    const [before, after] = [await readArtifact(at('router')), await readArtifact(at('refitted'))];
    const [old, now] = [before.calibration, after.calibration];
    if (old === null || now === null) throw new Error('a router has no calibration set');
    expect(now.rows).toBe(old.rows + 150);
    expect(now.costValues).toBeNull(); // as the old set has none
    const column = (values: Float32Array, model: number, rows: number) =>
      Array.from({ length: rows }, (_, row) => values[row * 3 + model] ?? 0);
    expect(Math.max(...column(now.predicted, 1, old.rows))).toBeLessThan(0.6);
    expect(column(now.predicted, 0, old.rows)).toEqual(column(old.predicted, 0, old.rows));
    expect(column(now.scores, 1, old.rows).every(Number.isNaN)).toBe(true);
    expect(column(now.scores, 2, old.rows)).toEqual(column(old.scores, 2, old.rows));
    const added = now.scores.subarray(old.rows * 3);
    expect(added.filter((score) => !Number.isNaN(score))).toHaveLength(150);
  });

  it('does not keep a refit where nothing has changed, and writes nothing', async () => {
    await feedBack(600, (p) => p);
    const { kept, manifest, judgement } = await refit();
    expect({ kept, manifest }).toEqual({ kept: false, manifest: null });
    expect(judgement.verdict).toBe('no-gain');
    expect(existsSync(at('refitted'))).toBe(false);
  });

  it('does not keep what it learnt from a spell of bad scores that the held-out feedback contradicts', async () => {
    await feedBack(600, (p, row) => (row >= 300 && row < 450 ? 0 : p));
    const { kept, judgement, models } = await refit();
    expect(models.find(({ model }) => model === 'medium')?.setting).not.toBeNull();
    expect(kept).toBe(false);
    expect(judgement.verdict).toBe('worse-predictions');
    expect(existsSync(at('refitted'))).toBe(false);
  });

  it('leaves the router in the way as it was where the refit is not kept', async () => {
    await feedBack(600, (p) => p);
    const before = readFileSync(at('router/router.json'), 'utf8');
    await refit('router');
    expect(readFileSync(at('router/router.json'), 'utf8')).toBe(before);
  });

  it('starts from what was trained: the same feedback again changes nothing more', async () => {
    await feedBack(800, (p, row) => (row < 400 ? p : 0.1 * p));
    await refit();
    const again = await refit('again', 'refitted');
    expect(again).toMatchObject({ kept: false, judgement: { verdict: 'no-gain', logLoss: { mean: 0 } } });
    await feedBack(200, (p) => 0.1 * p, 2);
    await refit('replaced', 'refitted');
    const { manifest } = await readArtifact(at('refitted'));
    expect(Object.keys(manifest.estimator.config).filter((name) => name.startsWith('base.base'))).toEqual([]);
  });

  it('says how much feedback is missing, and why some of it does not count', async () => {
    await feedBack(60, (p) => p);
    await expect(refit()).rejects.toMatchObject({
      code: 'ERR_INVALID_DATA',
      message:
        'a refit needs at least 100 scored decisions, the store has 60 that this router can learn from',
    });
    {
      await using store = await FeedbackStore.open(at('feedback'));
      const { manifest } = await readArtifact(at('router'));
      const encoder = { ...manifest.encoder, sha256: 'c'.repeat(64) };
      await store.addRouter(manifest.tensors.sha256, { models: tinyModels, encoder });
    }
    await expect(refit()).rejects.toThrow(
      'the store has 0 that this router can learn from; 60 more are of routers with another encoder or other features',
    );
    await expect(
      refitRouter({ router: at('router'), feedback: at('nothing'), out: at('out') }),
    ).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });
});

describe('a refitted estimator', () => {
  it('is a base like any other to a model that is added, and can itself be refitted then', async () => {
    const { estimator } = await readArtifact(at('router'));
    const maps = [
      { slope: 1, shift: 0 },
      { slope: 0.5, shift: -1 },
      { slope: 1, shift: 0 },
    ];
    const refitted = estimatorFromState(refittedState(estimator.state(), maps), tinyModels, dimension);
    const added = { weight: Float32Array.of(0, 1, 0), bias: 0, adapter: null };
    const models = [...tinyModels, 'twin'];
    const larger = estimatorFromState(onboardedState(refitted.state(), added), models, dimension);
    const features = new Float32Array(dimension).fill(0.05);
    const [, medium, , twin] = predictAll(larger, features, 1);
    expect(twin).toBe(medium);
    expect(medium).toBe(predictAll(refitted, features, 1)[1]);
    const none = { ...plantedFeedback(models, []), features: new Float32Array(0) };
    const again = await refitEstimator(larger, none);
    expect(predictAll(again.estimator, features, 1)).toEqual(predictAll(larger, features, 1));
  });

  it('is refused where a slope is negative, or trained by name', () => {
    const state = (slope: number) => ({
      kind: 'refitted' as const,
      config: { 'base.kind': 'constant' },
      tensors: {
        'base.scores': { shape: [1], data: Float32Array.of(0.5) },
        'refit.slope': { shape: [1], data: Float32Array.of(slope) },
        'refit.shift': { shape: [1], data: Float32Array.of(0) },
      },
    });
    expect(() => estimatorFromState(state(-1), ['a'], 1)).toThrow(
      'the stored refitted estimator holds -1 in tensor "refit.slope" at element 0',
    );
    expect(estimatorFromState(state(1), ['a'], 1).kind).toBe('refitted');
    expect(() => estimatorFactory('refitted')).toThrow(
      'a refitted estimator is not trained: train another kind and refit it from feedback with refitRouter',
    );
  });
});

describe('refitEstimator of kind irt', () => {
  const training = plantedData(600, 1);
  let irt: Awaited<ReturnType<typeof trainIrt>>;
  beforeAll(async () => {
    irt = await trainIrt(training, plantedData(200, 2), { seed: 0 });
  });

  /** The generalist, asked most, has its right answers turned wrong by the given chance from `from` on. */
  function planted(rows: number, from: number, lost: number) {
    const data = plantedData(rows, 3);
    const random = new Random(6);
    return plantedFeedback(
      training.models,
      Array.from({ length: rows }, (_, row) => {
        const isFirst = random.next() < 0.7;
        const chosen = isFirst ? 0 : 1 + random.below(3);
        const score = data.scores[row * 4 + chosen] ?? 0;
        const isLost = chosen === 0 && row >= from && random.next() < lost;
        const features = [...data.embeddings.subarray(row * data.dimension, (row + 1) * data.dimension)];
        return { chosen, score: isLost ? 0 : score, probability: isFirst ? 0.7 : 0.1, features };
      }),
    );
  }

  const meanOf = (predicted: Float32Array, model: number) =>
    predicted.reduce((sum, value, cell) => sum + (cell % 4 === model ? value : 0), 0) /
    (predicted.length / 4);

  it('moves the identity of a model that dropped, and hardly those of others', async () => {
    const { estimator, models } = await refitEstimator(irt, planted(1200, 600, 0.8));
    expect(estimator.kind).toBe('irt');
    expect(models[0]?.setting).not.toBeNull();
    const fresh = plantedData(500, 9);
    const [old, now] = [irt, estimator].map((one) => predictAll(one, fresh.embeddings, fresh.rows));
    if (old === undefined || now === undefined) throw new Error('nothing was predicted');
    expect(meanOf(now, 0)).toBeLessThan(0.6 * meanOf(old, 0));
    for (const model of [1, 2, 3])
      expect(Math.abs(meanOf(now, model) - meanOf(old, model))).toBeLessThan(0.08);
  });

  it('keeps what training gave where a quiz adds a model to it', async () => {
    const { estimator } = await refitEstimator(irt, planted(600, 300, 0.8));
    const size = 3 * 32;
    const state = withIdentity(estimator.state(), new Float32Array(size).fill(0.1), new Float32Array(size));
    const larger = estimatorFromState(state, [...irt.models, 'new'], irt.dimension);
    const before = trainedIdentities(larger.state());
    const expected = withIdentity(irt.state(), new Float32Array(size).fill(0.1), new Float32Array(size));
    expect(before.tensors.identities).toEqual(expected.tensors.identities);
    expect(before.tensors.identityLogVariances).toEqual(expected.tensors.identityLogVariances);
  });

  it('starts from the trained identities again, and is the same each time', async () => {
    const feedback = planted(600, 300, 0.8);
    const once = await refitEstimator(irt, feedback);
    const twice = await refitEstimator(once.estimator, feedback);
    expect(twice.estimator.state()).toEqual(once.estimator.state());
  });
});

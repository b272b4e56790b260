import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import { openPriceCatalogue } from '../../lib/cost/price-catalogue.ts';
import type { TrainedKind } from '../../lib/estimator/estimator.ts';
import { estimatorKinds } from '../../lib/estimator/registry.ts';
import { Router } from '../../lib/index.ts';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { type TrainRouterOptions, trainRouter } from '../../lib/train/train-router.ts';
import { Random } from '../support/random.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
let models: string;
beforeAll(() => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = join(folder.path, 'cache');
  data = join(folder.path, 'scores.csv');
  models = join(folder.path, 'models.json');
  writeFileSync(data, plantedCsv());
  writeFileSync(
    models,
    JSON.stringify([
      { id: 'poet', inputPer1M: 1, outputPer1M: 1 },
      { id: 'coder', inputPer1M: 1, outputPer1M: 1 },
      { id: 'both', inputPer1M: 20, outputPer1M: 20, contextWindow: 4096, modalities: ['text'] },
    ]),
  );
});
afterAll(() => folder.clean());

/** 240 prompts: `poet` answers poems, `coder` code, `both` all at twenty times the price. */
function plantedCsv(): string {
  const random = new Random(3);
  const topics = [
    'rivers',
    'winter',
    'trains',
    'old cities',
    'the sea',
    'bread',
    'clocks',
    'birds',
    'rain',
    'maps',
  ];
  const lines = Array.from({ length: 240 }, (_, index) => {
    const topic = topics[random.below(topics.length)];
    const isPoem = index % 2 === 0;
    const prompt = isPoem
      ? `Write a poem of ${index} words about ${topic}.`
      : `Write a Python function number ${index} that sorts a list of ${topic}.`;
    const right = random.below(20) > 0 ? 1 : 0;
    return `"${prompt}",${isPoem ? right : 0},${isPoem ? 0 : right},${random.below(20) > 0 ? 1 : 0}`;
  });
  return `prompt,poet,coder,both\n${lines.join('\n')}\n`;
}

const train = (name: string, options: Partial<TrainRouterOptions> = {}) =>
  trainRouter({ data: [data], models, out: join(folder.path, name), ...options });

describe.each(estimatorKinds)('training with %s', (estimator: TrainedKind) => {
  it('writes a router that loads and routes', async () => {
    const { manifest, test } = await train(`${estimator}-routes`, { estimator });
    expect(manifest.estimator.kind).toBe(estimator);
    expect(test?.rows).toBe(manifest.data.rows.test);
    const options = { lanes: 1, deadlineMs: Number.POSITIVE_INFINITY };
    await using router = await Router.load(join(folder.path, `${estimator}-routes`), options);
    expect(await router.route('Write a poem of 7 words about tea.')).toMatchObject({ kind: 'routed' });
  });

  it('keeps its training rows as evidence, each predicted by an estimator that was not trained on it', async () => {
    const { manifest, validation } = await train(`${estimator}-evidence`, { estimator });
    const { calibration, estimator: trained } = await readArtifact(
      join(folder.path, `${estimator}-evidence`),
    );
    const { rows, folds } = manifest.data;
    expect(folds).toBe(4);
    expect(calibration?.rows).toBe(rows.train);
    expect(validation.rows).toBe(rows.train);
    const onCalibration = await evaluateRouter({
      router: join(folder.path, `${estimator}-evidence`),
      data: [data],
      resamples: 0,
    });
    expect(onCalibration.csrChosenOn).toBe('validation');
    expect(trained.models).toEqual(calibration?.models);
  });

  it('holds out one part alone where it is told to, which is its evidence, and evaluates on it as it did in training', async () => {
    const { manifest, validation } = await train(`${estimator}-one`, { estimator, folds: 3, heldFolds: 1 });
    const { calibration } = await readArtifact(join(folder.path, `${estimator}-one`));
    const { rows, folds, heldFolds } = manifest.data;
    expect({ folds, heldFolds }).toEqual({ folds: 3, heldFolds: 1 });
    expect(validation.rows).toBeCloseTo(rows.train / 3, -1);
    expect(calibration?.rows).toBe(validation.rows);
    expect(calibration?.predicted.some(Number.isNaN)).toBe(false);
    const on = { router: join(folder.path, `${estimator}-one`), data: [data], resamples: 0 };
    expect((await evaluateRouter(on)).csrChosenOn).toBe('validation');
  });

  it('gives the same tensors for the same seed, bit for bit', async () => {
    const tensors = async (name: string) => {
      await train(name, { estimator, seed: 5 });
      return readFileSync(join(folder.path, name, 'router.safetensors'));
    };
    expect((await tensors(`${estimator}-once`)).equals(await tensors(`${estimator}-again`))).toBe(true);
  }, 120_000); // ten trainings of a stack, on machines that may be busy
});

describe('training with auto', () => {
  it('takes a kind that learns, and the manifest says why', async () => {
    const { manifest } = await train('auto', { estimator: 'auto' });
    const { manifest: stored } = await readArtifact(join(folder.path, 'auto'));
    expect(stored.selection).toEqual(manifest.selection);
    const kinds = stored.selection?.kinds ?? [];
    expect(kinds.map(({ kind }) => kind)).toEqual(estimatorKinds);
    const chosen = kinds.filter(({ verdict }) => verdict === 'chosen');
    expect(chosen.map(({ kind }) => kind)).toEqual([manifest.estimator.kind]);
    expect(kinds.find(({ kind }) => kind === 'constant')?.verdict).toBe('worse');
  }, 300_000); // 40 trainings, on machines that may be busy
});

describe.each(['ipr', 'knn', 'ridge', 'kmeans', 'mf', 'mlp'] as const)(
  'a planted difference between models, with %s',
  (estimator) => {
    it('is found: nearly all of the gap to the oracle is closed on rows kept aside', async () => {
      const { test } = await train(`${estimator}-planted`, { estimator });
      expect(test?.gapClosed).toBeGreaterThan(0.6);
      await using router = await Router.load(join(folder.path, `${estimator}-planted`), { lanes: 1 });
      const poem = await router.route('Write a poem of 9 words about hills.', {
        candidates: ['poet', 'coder'],
        tolerance: 0,
        deadlineMs: Infinity,
      });
      const code = await router.route('Write a Python function that sorts a list of hills.', {
        candidates: ['poet', 'coder'],
        tolerance: 0,
        deadlineMs: Infinity,
      });
      expect([poem, code]).toMatchObject([{ model: 'poet' }, { model: 'coder' }]);
    });
  },
);

describe('evaluating a trained router', () => {
  it('on its own data uses the rows kept aside and gives the figures training reported', async () => {
    const { test, manifest } = await train('evaluated', { estimator: 'ridge' });
    const evaluation = await evaluateRouter({ router: join(folder.path, 'evaluated'), data: [data] });
    expect(evaluation.rows).toBe(manifest.data.rows.test);
    expect(evaluation.csrChosenOn).toBe('validation');
    expect({ area: evaluation.area, gapClosed: evaluation.gapClosed, csr: evaluation.csr }).toEqual({
      area: test?.area,
      gapClosed: test?.gapClosed,
      csr: test?.csr,
    });
  });

  it('checks the prediction intervals on the rows kept aside, not on those that they were made of', async () => {
    const { test, validation } = await train('evaluated', { estimator: 'ridge' });
    const evaluation = await evaluateRouter({ router: join(folder.path, 'evaluated'), data: [data] });
    expect(test?.coverage).toEqual(evaluation.coverage);
    expect(test?.coverage).toMatchObject({ nominal: 0.9 });
    expect(test?.figures.coverage?.value).toBeGreaterThan(0.8);
    expect(validation.coverage).toBeNull();
    const untested = await train('untested', { estimator: 'constant', test: 0 });
    expect([untested.test, untested.validation.coverage]).toEqual([null, null]);
  });

  it('states the facts of models.json in router.json', async () => {
    const { manifest } = await train('facts', { estimator: 'constant' });
    expect(manifest.models.map(({ id, facts }) => [id, facts])).toEqual([
      ['poet', undefined],
      ['coder', undefined],
      ['both', { contextWindow: 4096, modalities: ['text'] }],
    ]);
  });

  it('charges long prompts at the tiers of models.json, in router.json and in the evaluation', async () => {
    const tiers = [{ aboveInputTokens: 0, inputPer1M: 200, outputPer1M: 200 }];
    const flat = { inputPer1M: 1, outputPer1M: 1 };
    const tiered = join(folder.path, 'tiered.json');
    const entries = [
      { id: 'poet', ...flat },
      { id: 'coder', ...flat },
      { id: 'both', ...flat, tiers },
    ];
    writeFileSync(tiered, JSON.stringify(entries));
    const { manifest, validation } = await train('tiered', { estimator: 'constant', models: tiered });
    expect(manifest.models.map(({ cost }) => ('tiers' in cost ? cost.tiers : null))).toEqual([
      null,
      null,
      tiers,
    ]);
    const [poet, , both] = validation.controls.single;
    expect((both?.costUsd ?? 0) / (poet?.costUsd ?? 1)).toBeCloseTo(200, 9);
  });

  it('says so where rows it was trained on are evaluated', async () => {
    const evaluation = await evaluateRouter({
      router: join(folder.path, 'evaluated'),
      data: [data],
      rows: 'all',
    });
    expect(evaluation.rows).toBe(240);
    expect(evaluation.notes).toContain(
      'these rows include those the router was trained on: the figures are too favourable',
    );
  });

  it('on other data uses all rows, and refuses test rows it does not have', async () => {
    const other = join(folder.path, 'other.csv');
    writeFileSync(other, 'prompt,poet,both,stranger\nWrite a poem.,1,1,1\nWrite code.,0,1,1\n');
    const router = join(folder.path, 'evaluated');
    const evaluation = await evaluateRouter({ router, data: [other] });
    expect(evaluation.rows).toBe(2);
    expect(evaluation.notes).toContain(
      'models of the data that the router does not know, left out: stranger',
    );
    await expect(evaluateRouter({ router, data: [other], rows: 'test' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'there are no test rows: the data is not what the router was trained on',
    });
  });
});

describe('training on data that states answer lengths', () => {
  /** Answers to poems are short, those to code ten times as long; `coder` takes its price from the catalogue. */
  function writeLengths(): string {
    const path = join(folder.path, 'lengths.jsonl');
    const random = new Random(4);
    const lines = Array.from({ length: 240 }, (_, index) => {
      const isPoem = index % 2 === 0;
      const prompt = isPoem ? `Write a poem number ${index}.` : `Write a Python function number ${index}.`;
      const outputTokens = (isPoem ? 40 : 400) + random.below(20);
      return JSON.stringify({
        prompt,
        scores: { poet: isPoem ? 1 : 0, coder: isPoem ? 0 : 1 },
        inputTokens: 30,
        outputTokens,
      });
    });
    writeFileSync(path, lines.join('\n'));
    const registry = [
      { id: 'poet', inputPer1M: 1, outputPer1M: 2, priceSource: 'a contract' },
      {
        id: 'coder',
        provider: 'openai',
        priceId: 'gpt-4o',
        cachedInputPer1M: 0.7,
        reasoningTokensPerAnswer: 50,
      },
    ];
    writeFileSync(join(folder.path, 'lengths.json'), JSON.stringify(registry));
    return path;
  }

  it('predicts them by the prompt, and says where each price came from', async () => {
    const options = { data: [writeLengths()], models: join(folder.path, 'lengths.json') };
    const { manifest } = await train('lengths', { ...options, estimator: 'ridge' });
    expect(manifest.models.map(({ cost }) => cost)).toMatchObject([
      { priceSource: { kind: 'user', note: 'a contract' }, promptTokens: expect.anything() },
      {
        cachedInputPer1M: 0.7,
        reasoningTokensPerAnswer: 50,
        priceSource: {
          kind: 'genai-prices',
          provider: 'openai',
          model: 'gpt-4o',
          own: ['cachedInputPer1M', 'reasoningTokensPerAnswer'],
        },
      },
    ]);
    await using router = await Router.load(join(folder.path, 'lengths'), { lanes: 1 });
    const lengthsFor = async (prompt: string) => {
      const decision = await router.route(prompt, { deadlineMs: Number.POSITIVE_INFINITY });
      if (decision.kind === 'fallback') throw new Error(decision.cause.message);
      return decision.candidates.map(({ outputTokens }) => outputTokens?.expected ?? Number.NaN);
    };
    for (const length of await lengthsFor('Write a poem number 7000.')) {
      expect(length).toBeGreaterThan(25);
      expect(length).toBeLessThan(100);
    }
    for (const length of await lengthsFor('Write a Python function number 7000.')) {
      expect(length).toBeGreaterThan(250);
      expect(length).toBeLessThan(600);
    }
  });

  it('evaluates under the same costs from the artifact', async () => {
    const { test } = await train('lengths-evaluated', {
      data: [writeLengths()],
      models: join(folder.path, 'lengths.json'),
      estimator: 'ridge',
    });
    const evaluation = await evaluateRouter({
      router: join(folder.path, 'lengths-evaluated'),
      data: [writeLengths()],
    });
    expect(evaluation.curve).toEqual(test?.curve);
  });
});

describe('training refuses', () => {
  it('a model without a price, and names it', async () => {
    const priced = join(folder.path, 'some.json');
    writeFileSync(priced, JSON.stringify([{ id: 'poet', inputPer1M: 1, outputPer1M: 1 }]));
    await expect(train('unpriced', { models: priced })).rejects.toMatchObject({
      code: 'ERR_INVALID_PRICE',
      message: expect.stringContaining('no price and no measured cost for coder, both'),
    });
  });

  it('a model that the price list does not know, and says so', async () => {
    const listed = join(folder.path, 'listed.json');
    const entries = [
      { id: 'poet', provider: 'openai' },
      { id: 'coder', provider: 'nobody' },
      { id: 'both', inputPer1M: 1, outputPer1M: 1 },
    ];
    writeFileSync(listed, JSON.stringify(entries));
    const { version } = await openPriceCatalogue();
    const list = `@pydantic/genai-prices ${version}`;
    await expect(train('unlisted', { models: listed })).rejects.toMatchObject({
      code: 'ERR_INVALID_PRICE',
      message: `no price and no measured cost for poet (no price per token of "poet" by openai in ${list}), coder (no provider "nobody" in ${list}): name a models.json with inputPer1M and outputPer1M (USD per 1M tokens) for each, or with the provider whose list price it has (and priceId, where the provider's id of it is another), or add costs to the data`,
    });
  });

  it('a negative price', async () => {
    const negative = join(folder.path, 'negative.json');
    writeFileSync(negative, JSON.stringify([{ id: 'poet', inputPer1M: -1, outputPer1M: 1 }]));
    await expect(train('negative', { models: negative })).rejects.toMatchObject({
      code: 'ERR_INVALID_PRICE',
    });
  });

  it('an output folder that cannot be made', async () => {
    const file = join(folder.path, 'a-file');
    writeFileSync(file, '');
    await expect(train('a-file/router', { estimator: 'constant' })).rejects.toMatchObject({ code: 'ERR_IO' });
  });
});

it.each([
  [{ folds: 1 }, 'folds: expected a whole number of at least 2, got 1'],
  [{ folds: 3, heldFolds: 4 }, 'heldFolds: expected a whole number from 1 to the number of folds, 3, got 4'],
  [{ heldFolds: 0 }, 'heldFolds: expected a whole number from 1 to the number of folds, 4, got 0'],
])('refuses %o', async (options, message) => {
  await expect(train('refused', options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import { ConformalIntervals } from '../../lib/calibration/conformal.ts';
import { Router } from '../../lib/index.ts';
import {
  type OnboardedRouter,
  type OnboardModelOptions,
  onboardModel,
} from '../../lib/train/onboard-model.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { Random } from '../support/random.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let onboarded: OnboardedRouter;
const at = (name: string) => join(folder.path, name);

/** Prompts that `poet` answers where they ask for a poem, `coder` where they ask for code. */
function plantedRows(count: number, seed: number) {
  const random = new Random(seed);
  const topics = ['rivers', 'winter', 'trains', 'old cities', 'the sea', 'bread', 'clocks', 'birds'];
  return Array.from({ length: count }, (_, index) => {
    const isPoem = index % 2 === 0;
    const topic = topics[random.below(topics.length)];
    const prompt = isPoem
      ? `Write a poem of ${seed + index} words about ${topic}.`
      : `Write a Python function number ${seed + index} that sorts a list of ${topic}.`;
    const right = random.below(20) > 0 ? 1 : 0;
    return { prompt, poet: isPoem ? right : 0, coder: isPoem ? 0 : right };
  });
}

/** The new model answers poems, and does so at some 80 tokens, code at some 400. */
function newRows(count: number, seed: number): Record<string, unknown>[] {
  const random = new Random(seed + 1);
  return plantedRows(count, seed).map(({ prompt, poet }) => ({
    prompt,
    scores: { bard: random.below(20) > 0 ? poet : 1 - poet },
    outputTokens: { bard: (prompt.includes('poem') ? 80 : 400) + random.below(20) },
  }));
}

/** No test depends on how fast the machine is. */
const atLeisure = { tolerance: 0.1, deadlineMs: Number.POSITIVE_INFINITY };

const writeRows = (name: string, rows: readonly object[]) => {
  writeFileSync(at(name), rows.map((row) => JSON.stringify(row)).join('\n'));
  return at(name);
};

beforeAll(async () => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = at('cache');
  const training = plantedRows(240, 1000).map(({ prompt, ...scores }) => ({
    prompt,
    scores,
    outputTokens: { poet: 100, coder: 300 },
  }));
  writeFileSync(
    at('models.json'),
    JSON.stringify([
      { id: 'poet', inputPer1M: 1, outputPer1M: 1 },
      { id: 'coder', inputPer1M: 2, outputPer1M: 2 },
      { id: 'bard', inputPer1M: 0.2, outputPer1M: 0.2, contextWindow: 8192 },
    ]),
  );
  await trainRouter({ data: [writeRows('train.jsonl', training)], out: at('router'), estimator: 'ridge' });
  writeRows('rows.jsonl', newRows(60, 5000));
  writeRows('many.jsonl', newRows(160, 7000));
  onboarded = await onboard();
  await onboard({ data: [at('many.jsonl')], out: at('many') });
});
afterAll(() => folder.clean());

const onboard = (options: Partial<OnboardModelOptions> = {}) =>
  onboardModel({
    router: at('router'),
    model: 'bard',
    data: [at('rows.jsonl')],
    out: at('larger'),
    ...options,
  });

describe('onboarding a model', () => {
  it('writes a router that loads, prefers the new model where it is good, and leaves the old one as it was', async () => {
    const before = readFileSync(at('router/router.safetensors'));
    expect(onboarded).toMatchObject({ rows: 60, changedDecisions: 0 });
    expect(onboarded.heldOut.model.mae).toBeLessThan(0.5 * onboarded.heldOut.constantMean.mae);
    expect(onboarded.heldOut.nearest).toBe('poet');
    await onboard({ out: at('again') });
    expect(readFileSync(at('router/router.safetensors')).equals(before)).toBe(true);
    await using router = await Router.load(at('larger'), { lanes: 1 });
    const poem = await router.route('Write a poem of 9 words about hills.', atLeisure);
    expect(poem).toMatchObject({ kind: 'routed', model: 'bard' });
    const code = await router.route('Write a Python function that sorts a list of hills.', atLeisure);
    expect(code).toMatchObject({ kind: 'routed', model: 'coder' });
  });

  it('decides among the old models as before, prompt by prompt', async () => {
    await using router = await Router.load(at('router'), { lanes: 1 });
    await using larger = await Router.load(at('larger'), { lanes: 1 });
    const prompts = plantedRows(40, 9000).map(({ prompt }) => prompt);
    const before = await router.routeMany(prompts);
    const after = await larger.routeMany(prompts, { exclude: ['bard'] });
    for (const [index, decision] of before.entries()) {
      const other = after[index];
      if (decision.kind !== 'routed' || other?.kind !== 'routed')
        throw new Error('expected routed decisions');
      expect(other.model).toBe(decision.model);
      for (const [column, { quality, costUsd }] of decision.candidates.entries())
        expect(other.candidates[column]).toMatchObject({ quality, costUsd });
    }
  });

  it('keeps every tensor of the old estimator, byte for byte', async () => {
    const [old, larger] = [await readArtifact(at('router')), await readArtifact(at('larger'))];
    const stored = larger.estimator.state().tensors;
    for (const [name, { data }] of Object.entries(old.estimator.state().tensors))
      expect(stored[`base.${name}`]?.data).toEqual(data);
    const models = old.manifest.models.length;
    expect(larger.costHead?.bias.subarray(0, models)).toEqual(old.costHead?.bias);
    expect(larger.costHead?.weight.subarray(0, old.costHead?.weight.length)).toEqual(old.costHead?.weight);
  });

  it('records where the model came from, states its price and facts, and ranks it among the fallback models', async () => {
    const { manifest } = await readArtifact(at('larger'));
    const [entry] = manifest.onboarded ?? [];
    expect(entry).toMatchObject({
      model: 'bard',
      rows: 60,
      seed: 0,
      origin: [{ name: 'rows.jsonl', rows: 60 }],
    });
    expect(entry?.origin[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest.models.at(-1)).toMatchObject({
      id: 'bard',
      facts: { contextWindow: 8192 },
      cost: { kind: 'per-token', inputPer1M: 0.2, outputPer1M: 0.2 },
    });
    expect(manifest.models.at(-1)?.cost).not.toHaveProperty('predictedOutput');
    expect(manifest.defaults.fallbackModels?.toSorted()).toEqual(['bard', 'coder', 'poet']);
  });

  it('shrinks a mean answer of few labels towards the old models', async () => {
    const own = newRows(10, 6000).map((row) => ({ ...row, outputTokens: { bard: 1000 } }));
    const { manifest } = await onboard({ data: [writeRows('few.jsonl', own)], out: at('few') });
    // 10 answers of 1,000 tokens and 5 of the old models' mean, 200.
    expect(manifest.models.at(-1)?.cost).toMatchObject({
      meanOutputTokens: expect.closeTo((10 * 1000 + 5 * 200) / 15, 6),
    });
  });

  it('predicts its answers by the prompt where a hundred are known', async () => {
    await using router = await Router.load(at('many'), { lanes: 1 });
    const tokensOf = async (prompt: string) => {
      const decision = await router.route(prompt, { deadlineMs: Number.POSITIVE_INFINITY });
      if (decision.kind !== 'routed') throw new Error(decision.kind);
      return decision.candidates.find(({ model }) => model === 'bard')?.outputTokens?.expected;
    };
    expect(await tokensOf('Write a poem of 77 words about trains.')).toBeLessThan(150);
    expect(await tokensOf('Write a Python function that sorts a list of trains.')).toBeGreaterThan(250);
  });

  it('is the same, bit for bit, for the same seed', async () => {
    const tensorsOf = async (out: string) => {
      await onboard({ data: [at('many.jsonl')], out: at(out), seed: 3 });
      return readFileSync(join(at(out), 'router.safetensors'));
    };
    expect((await tensorsOf('once')).equals(await tensorsOf('twice'))).toBe(true);
  });

  it('takes another model on top', async () => {
    const rows = newRows(40, 8000).map(({ prompt, scores }) => ({
      prompt,
      scores: { ode: (scores as { bard: number }).bard },
    }));
    writeFileSync(at('ode.json'), JSON.stringify([{ id: 'ode', inputPer1M: 3, outputPer1M: 3 }]));
    const data = [writeRows('ode.jsonl', rows)];
    const { manifest } = await onboard({
      router: at('larger'),
      model: 'ode',
      data,
      models: at('ode.json'),
      out: at('largest'),
    });
    expect(manifest.models.map(({ id }) => id)).toEqual(['poet', 'coder', 'bard', 'ode']);
    expect(manifest.onboarded?.map(({ model }) => model)).toEqual(['bard', 'ode']);
  });
});

describe('the evidence of an onboarded model', () => {
  it('is its held-out predictions, beside which old rows have no score of it', async () => {
    const [old, many] = [await readArtifact(at('router')), await readArtifact(at('many'))];
    const rows = old.calibration?.rows ?? 0;
    expect(many.calibration?.rows).toBe(rows + 160);
    const column = (from: Float32Array | undefined, start: number) =>
      [...(from ?? [])].filter((_, cell) => cell % 3 === 2 && cell >= 3 * start);
    const scores = column(many.calibration?.scores, 0);
    expect(scores.slice(0, rows).every(Number.isNaN)).toBe(true);
    expect(scores.slice(rows).some(Number.isNaN)).toBe(false);
    const estimates = column(many.calibration?.predicted, 0).slice(0, rows);
    expect(Math.max(...estimates) - Math.min(...estimates)).toBeGreaterThan(0.5);
  });

  it('gives intervals that hold new scores as often as they promise', async () => {
    const { calibration, estimator } = await readArtifact(at('many'));
    if (calibration === null) throw new Error('no calibration set');
    const intervals = new ConformalIntervals(calibration, 0.8);
    await using router = await Router.load(at('many'), { lanes: 1 });
    const fresh = newRows(300, 20_000);
    const decisions = await router.routeMany(fresh.map(({ prompt }) => String(prompt)));
    let inside = 0;
    for (const [index, decision] of decisions.entries()) {
      if (decision.kind !== 'routed') throw new Error(decision.kind);
      const column = estimator.models.indexOf('bard');
      const [low, high] = intervals.intervalOf(column, decision.candidates[column]?.quality ?? Number.NaN);
      const { bard: score } = (fresh[index]?.scores ?? { bard: Number.NaN }) as { bard: number };
      if (score >= low - 1e-6 && score <= high + 1e-6) inside += 1;
    }
    expect(inside / 300).toBeGreaterThan(0.74);
  });

  it('is not enough for the guarded policy where old rows do not score it', async () => {
    await using router = await Router.load(at('larger'), { lanes: 1 });
    const guard = { guard: { anchor: 'poet', maxLoss: 0.2 }, deadlineMs: Number.POSITIVE_INFINITY };
    await expect(router.route('Write a poem of 9 words about hills.', guard)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/^guard has too little evidence on "bard": it was run on 0 of the \d+ /),
    });
    const without = await router.route('Write a poem of 9 words about hills.', {
      ...guard,
      exclude: ['bard'],
    });
    expect(without).toMatchObject({ kind: 'routed', policy: { kind: 'guarded' } });
  });

  it('takes no score of old models from rows that they were trained on', async () => {
    const lines = readFileSync(at('train.jsonl'), 'utf8').split('\n');
    const both = lines.map((line) => {
      const row = JSON.parse(line);
      return { ...row, scores: { ...row.scores, bard: row.scores.poet } };
    });
    // The same file as in training, by its hash, once it scores the new model from the beginning.
    await trainRouter({
      data: [writeRows('both.jsonl', both)],
      out: at('three'),
      estimator: 'ridge',
    });
    const three = JSON.parse(readFileSync(at('three/router.json'), 'utf8'));
    const two = JSON.parse(readFileSync(at('router/router.json'), 'utf8'));
    writeFileSync(at('router/router.json'), JSON.stringify({ ...two, data: three.data }));
    await onboard({ data: [at('both.jsonl')], out: at('seen') });
    writeFileSync(at('router/router.json'), JSON.stringify(two));
    const [old, seen] = [await readArtifact(at('router')), await readArtifact(at('seen'))];
    const known = [...(seen.calibration?.scores.subarray(3 * (old.calibration?.rows ?? 0)) ?? [])].filter(
      (score, cell) => cell % 3 === 0 && !Number.isNaN(score),
    );
    expect(known).toHaveLength(three.data.rows.test);
  });
});

describe('onboarding refuses', () => {
  const refusal = async (code: string, message: string, options: Partial<OnboardModelOptions>) => {
    await expect(onboard({ out: at('refused'), ...options })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(existsSync(at('refused'))).toBe(false);
  };

  it('a model that the router has', () =>
    refusal('ERR_INVALID_ARGUMENT', 'the router has the model "poet" already', { model: 'poet' }));

  it('data that lacks the model, with the nearest that it has', () =>
    refusal('ERR_UNKNOWN_MODEL', 'the data has no scores of "brad", did you mean "bard"?; it scores bard', {
      model: 'brad',
    }));

  it("models that are neither the router's nor the new one", () => {
    const rows = newRows(20, 30).map((row) => ({ ...row, scores: { bard: 1, poett: 0 } }));
    return refusal('ERR_UNKNOWN_MODEL', 'the data scores poett, which the router does not know', {
      data: [writeRows('strangers.jsonl', rows)],
    });
  });

  it('fewer than ten labelled prompts', () =>
    refusal('ERR_INVALID_DATA', 'the data scores "bard" on 9 prompts, at least 10 are needed', {
      data: [writeRows('nine.jsonl', newRows(9, 40))],
    }));

  it('a model without a price', () => {
    writeFileSync(at('unpriced.json'), JSON.stringify([{ id: 'poet', inputPer1M: 1, outputPer1M: 1 }]));
    return refusal('ERR_INVALID_PRICE', 'no price and no measured cost for bard', {
      models: at('unpriced.json'),
    });
  });

  it('a router folder that is none', () =>
    refusal('ERR_FILE_NOT_FOUND', 'router.json', { router: at('nowhere') }));

  it('to go on once the signal is aborted', async () => {
    const controller = new AbortController();
    const onProgress = ({ stage }: { readonly stage: string }) => {
      if (stage === 'fitting the new model') controller.abort(new Error('enough'));
    };
    await refusal('ERR_ABORTED', 'aborted', { signal: controller.signal, onProgress });
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import { decodeSafetensors, encodeSafetensors } from '../../lib/artifact/safetensors.ts';
import { explain, type RoutedDecision, Router, replay } from '../../lib/index.ts';
import { networkShares } from '../../lib/policy/network.ts';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { onboardModel } from '../../lib/train/onboard-model.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { pointsman } from '../cli/run.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

const settings = { width: 8, heads: 2, pretrainingSteps: 5, pretrainingBatch: 16, rounds: 5, roundBatch: 16 };
const patient = { lanes: 1, deadlineMs: Number.POSITIVE_INFINITY } as const;

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
let trained: Awaited<ReturnType<typeof trainRouter>>;
beforeAll(async () => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = at('cache');
  const rows = Array.from({ length: 300 }, (_, i) => ({
    id: `q${i}`,
    prompt:
      i % 2 === 0 ? `Write a poem of ${i} words about rivers.` : `Write a function number ${i} that sorts.`,
    scores: { poet: i % 2 === 0 ? 1 : 0, coder: i % 2, both: i % 5 > 0 ? 1 : 0, new: i % 2 === 0 ? 1 : 0 },
  }));
  const without = rows.map(({ scores: { new: _, ...scores }, ...row }) => ({ ...row, scores }));
  const lines = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).join('\n');
  writeFileSync(at('scores.jsonl'), lines(without));
  writeFileSync(at('answers.jsonl'), lines(rows.slice(0, 20)));
  const prices = ['poet', 'coder', 'both', 'new'].map((id, i) => ({
    id,
    inputPer1M: 1 + i,
    outputPer1M: 2 + i,
  }));
  writeFileSync(at('models.json'), JSON.stringify(prices));
  trained = await trainRouter({
    data: [at('scores.jsonl')],
    out: at('router'),
    estimator: 'irt',
    folds: 2,
    policyNetwork: settings,
  });
});
afterAll(() => folder.clean());

async function routed(router: Router, prompt: string, preference: object): Promise<RoutedDecision> {
  const decision = await router.route(prompt, { preference: { quality: 1, cost: 0.5, ...preference } });
  if (decision.kind !== 'routed') throw new Error(decision.kind);
  return decision;
}

/** The weight of cost at which the network's most probable model is the least so. */
async function leastDecided(router: Router, prompt: string): Promise<number> {
  const weights = [0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5];
  const most = await Promise.all(
    weights.map(async (cost) => {
      const { policy } = await routed(router, prompt, { cost, by: 'network' });
      return policy.kind === 'network' ? Math.max(...networkShares(policy, [0, 1, 2])) : 1;
    }),
  );
  const least = Math.min(...most);
  expect(least).toBeLessThan(0.9);
  return weights[most.indexOf(least)] ?? 1;
}

describe('a router with a policy network', () => {
  it('states how the network does beside utility, and whether it serves preferences', () => {
    const { policyNetwork } = trained.manifest;
    expect(policyNetwork).toMatchObject({ width: 8, heads: 2, blocks: 1 });
    const { heldOut, rows = 0, isDefault } = policyNetwork ?? {};
    expect(rows).toBeGreaterThan(120);
    expect((heldOut?.rows ?? 0) + rows).toBe(trained.manifest.data.rows.train);
    expect(isDefault).toBe((heldOut?.difference?.[0] ?? 0) > 0);
  });

  it('asks it, and the decision can be replayed and explained without it', async () => {
    await using router = await Router.load(at('router'), { ...patient, cacheMb: 1 });
    const decision = await routed(router, 'Write a poem.', { by: 'network' });
    expect(decision).toMatchObject({ rule: 'network', probability: 1, threshold: null });
    expect(decision.policy).toMatchObject({ kind: 'network', costWeight: 0.5, draw: null });
    expect(decision.reason).toMatch(
      /^most probable by the policy network \(0\.\d+\), cost counting 0\.5 beside quality 1: quality/,
    );
    expect(replay(JSON.parse(JSON.stringify(decision)))).toEqual(decision);
    expect(explain(decision)).toMatchObject({ setting: null, changes: [] });
    // From the cache, the same answer.
    const again = await routed(router, 'Write a poem.', { by: 'network' });
    expect(again.source).toBe('cache');
    expect(again.policy).toEqual(decision.policy);
  });

  it('draws by its probabilities where asked to, and states them', async () => {
    await using router = await Router.load(at('router'), patient);
    const prompts = Array.from({ length: 400 }, () => 'Sort these numbers.');
    const cost = await leastDecided(router, prompts[0] ?? '');
    const decisions = await router.routeMany(prompts, { preference: { quality: 1, cost, sample: true } });
    const times = new Map<string, number>();
    const stated = new Map<string, number>();
    for (const decision of decisions) {
      if (decision.kind !== 'routed') throw new Error(decision.kind);
      expect(replay(decision)).toEqual(decision);
      times.set(decision.model, (times.get(decision.model) ?? 0) + 1);
      stated.set(decision.model, decision.probability);
    }
    expect(stated.size).toBeGreaterThan(1);
    for (const [model, probability] of stated) {
      const deviation = Math.sqrt((probability * (1 - probability)) / prompts.length);
      expect(Math.abs((times.get(model) ?? 0) / prompts.length - probability)).toBeLessThan(
        5 * deviation + 3 / prompts.length,
      );
    }
  });

  it('serves any part of the pool, and constraints hold', async () => {
    await using router = await Router.load(at('router'), patient);
    const decision = await router.route('Write a poem.', {
      preference: { quality: 1, cost: 0.5, by: 'network' },
      exclude: ['poet'],
    });
    if (decision.kind !== 'routed' || decision.policy.kind !== 'network') throw new Error(decision.kind);
    expect(decision.model).not.toBe('poet');
    expect(decision.policy.logits.map((logit) => logit === null)).toEqual(
      decision.candidates.map(({ excluded }) => excluded !== null),
    );
  });

  it('takes in a model placed by a quiz, whose logit the network then has, too', async () => {
    await onboardModel({
      router: at('router'),
      model: 'new',
      data: [at('answers.jsonl')],
      quiz: true,
      out: at('larger'),
      models: at('models.json'),
    });
    await using router = await Router.load(at('larger'), patient);
    const { policy, candidates } = await routed(router, 'Write a poem.', { by: 'network' });
    if (policy.kind !== 'network') throw new Error(policy.kind);
    expect(candidates.at(-1)?.model).toBe('new');
    expect(policy.logits).toHaveLength(4);
    expect(policy.logits.at(-1)).toEqual(expect.any(Number));
  });

  it('is evaluated beside utility on rows', async () => {
    const { policyNetwork, notes } = await evaluateRouter({
      router: at('router'),
      data: [at('scores.jsonl')],
      rows: 'test',
      resamples: 0,
    });
    expect(policyNetwork?.rows).toBe(trained.manifest.data.rows.test);
    expect(notes.join('\n')).toMatch(/policy network on \d+ of these rows: gapClosed .* of utility/);
  });

  it('is refused where a tensor of it is missing', async () => {
    const { manifest, policy } = await readArtifact(at('router'));
    expect(Object.keys(policy?.tensors ?? {})).toContain('sharpness');
    const path = join(at('router'), manifest.tensors.file);
    const whole = readFileSync(path);
    const { 'policy.out.bias': _, ...rest } = decodeSafetensors(whole, path);
    const { createHash } = await import('node:crypto');
    const changed = encodeSafetensors(rest);
    const sha256 = createHash('sha256').update(changed).digest('hex');
    const json = readFileSync(join(at('router'), 'router.json'), 'utf8');
    writeFileSync(path, changed);
    writeFileSync(join(at('router'), 'router.json'), json.replace(manifest.tensors.sha256, sha256));
    await expect(Router.load(at('router'), patient)).rejects.toMatchObject({
      code: 'ERR_CORRUPT_FILE',
      message: 'the stored policy network estimator has no tensor "out.bias"',
    });
    writeFileSync(path, whole);
    writeFileSync(join(at('router'), 'router.json'), json);
  });
});

describe('without identities', () => {
  it('no policy network is trained', async () => {
    const train = trainRouter({
      data: [at('scores.jsonl')],
      out: at('x'),
      estimator: 'ridge',
      policyNetwork: true,
    });
    await expect(train).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'policyNetwork needs estimator "irt", whose identities it goes by, got "ridge"',
    });
  });
});

describe('the command line', () => {
  it('inspects a router with a policy network, and routes by it', () => {
    expect(pointsman(['inspect', '--router', at('router')]).stdout).toMatch(
      /policy network: gapClosed .* rows it was not trained on\)/,
    );
    const route = (...flags: string[]) =>
      pointsman(['route', 'Sort this.', '--router', at('router'), ...flags]);
    expect(route('--preference', '0.5', '--by', 'network').stdout).toContain('by the policy network (0.');
    const drawn = route('--preference', '0.5', '--sample', '--explain').stdout;
    expect(drawn).toContain('drawn by the policy network with probability 0.');
    expect(drawn).toContain('a decision holds its answer to this preference only');
    expect(route('--preference', 'best', '--sample').stderr).toContain(
      '--by and --sample go with a --preference that is a number',
    );
  });
});

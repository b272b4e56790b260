import { join } from 'node:path';
import {
  defaultFeatures,
  defaultMaxTokens,
  defaultView,
  findEncoder,
} from '../lib/artifact/encoder-files.ts';
import { readModels } from '../lib/data/models.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { splitRows } from '../lib/data/split.ts';
import { subsetTable } from '../lib/data/subset.ts';
import type { QualityEstimator } from '../lib/estimator/estimator.ts';
import { familiesOf } from '../lib/estimator/model-family.ts';
import type { PolicyEvidence } from '../lib/policy-network/policy-rows.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { evaluationInput, inputOfPredictions } from '../lib/train/evaluation-input.ts';
import { fitContender } from '../lib/train/fit-contender.ts';
import { comparePolicy, fitPolicy } from '../lib/train/fit-policy.ts';
import { crossFolds, defaultFolding } from '../lib/train/learning-rows.ts';
import { requirePrices } from '../lib/train/model-prices.ts';
import type { Bench, FigureGroup } from './harness.ts';

/** `families`: how many of the set's families, the largest first, are kept from a policy's training. */
const sets = [
  { name: 'mixed-2024', seeds: [11, 12], families: 1 },
  { name: 'ulab-llmrouter', seeds: [11, 12], families: 0 },
  { name: 'routerbench-subset', seeds: [11, 12], families: 0 },
] as const;

/** LLM Bandit's policy network against the policy utility on the same predictions of kind irt, on test rows. */
export const policyBench: Bench = {
  name: 'policy',
  description: 'the policy network against utility at equal cost, and on models it was not trained with',
  async *groups({ data }) {
    if (data === null) throw new Error('the policy bench needs --data, a folder of routing data sets');
    for (const set of sets) yield await measureSet(data, set);
  },
};

async function measureSet(
  folder: string,
  { name, seeds, families }: (typeof sets)[number],
): Promise<FigureGroup> {
  const figures: Figure[] = [];
  for (const seed of seeds) {
    process.stderr.write(`policy: ${name}, split ${seed}\n`);
    const { estimator, evidence, test, seconds } = await trainOn(folder, name, seed);
    figures.push(await measurePolicy(`split ${seed}`, { estimator, evidence, test, seed }, seconds));
    if (seed !== seeds[0]) continue;
    for (const family of largestFamilies(estimator.models, families)) {
      const without = withoutFamily(evidence, estimator.models, family);
      figures.push(
        await measurePolicy(
          `split ${seed}, trained without ${family}`,
          { estimator, evidence: without, test, seed },
          seconds,
        ),
      );
    }
  }
  return {
    title: `${name}, test rows`,
    figures,
    notes: [
      'gapClosed and quality at equal cost in points (of 100), with 95 % intervals of the difference; the estimator is the same for both policies',
    ],
  };
}

type Figure = FigureGroup['figures'][number];

interface Run {
  readonly estimator: QualityEstimator;
  /** Training rows, by estimators that had not seen them. */
  readonly evidence: PolicyEvidence;
  readonly test: PolicyEvidence;
  readonly seed: number;
}

async function measurePolicy(
  name: string,
  { estimator, evidence, test, seed }: Run,
  estimatorSeconds: number,
): Promise<Figure> {
  const start = process.cpuUsage();
  const { policy, described } = await fitPolicy(evidence, estimator, { seed });
  const seconds = secondsSince(start);
  const compared = comparePolicy(test, estimator, policy, seed);
  const [low, high] = compared.difference ?? [Number.NaN, Number.NaN];
  const [worst, best] = compared.qualityInterval ?? [Number.NaN, Number.NaN];
  const points = (share: number | null) => 100 * (share ?? Number.NaN);
  return {
    name,
    values: {
      rows: compared.rows,
      utility: points(compared.utility),
      network: points(compared.network),
      'difference, low': points(low),
      'difference, high': points(high),
      'quality at equal cost': points(compared.qualityAtEqualCost),
      'quality, low': points(worst),
      'quality, high': points(best),
      'held out: utility': points(described.heldOut.utility),
      'held out: network': points(described.heldOut.network),
      'CPU seconds, estimator': estimatorSeconds,
      'CPU seconds, policy': seconds,
    },
  };
}

async function trainOn(folder: string, name: string, seed: number) {
  const table = await readRoutingData([join(folder, name, 'prompts.jsonl.gz')]);
  const encoder = await findEncoder(null, defaultMaxTokens);
  const options = { ...encoder.options, view: defaultView, features: defaultFeatures };
  const embedded = await embedTable(table, { ...encoder, options });
  const registry = await readModels(join(folder, name, 'models.json'));
  const split = splitRows(table.groups, { seed, train: 0.8, validation: 0, test: 0.2 });
  const learning = crossFolds(table, split.train, defaultFolding(split.train.length), seed);
  const sourced = await requirePrices(subsetTable(table, split.train), registry);
  const prices = new Map([...sourced].map(([id, { price }]) => [id, price]));
  const start = process.cpuUsage();
  const data = { table, embedded, rows: split.train, learning, registry };
  const contender = await fitContender(data, sourced, { estimator: 'irt', seed });
  const seconds = secondsSince(start);
  const { estimator, models, outOfFold } = contender;
  const evidenceOf = (rows: readonly number[], input: PolicyEvidence['input']): PolicyEvidence => ({
    input,
    embeddings: labelledRows(table, embedded, rows).embeddings,
  });
  const measured = { table, embedded, prices };
  return {
    estimator,
    evidence: evidenceOf(
      outOfFold.rows,
      inputOfPredictions(measured, outOfFold.rows, models, outOfFold).input,
    ),
    test: evidenceOf(split.test, evaluationInput(measured, split.test, contender).input),
    seconds,
  };
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function largestFamilies(models: readonly string[], count: number): string[] {
  const sizes = new Map<string, number>();
  for (const family of familiesOf(models)) sizes.set(family, (sizes.get(family) ?? 0) + 1);
  return [...sizes]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([family]) => family);
}

/** The same rows as if the family's models had not been run on them. */
function withoutFamily(
  { input, embeddings }: PolicyEvidence,
  models: readonly string[],
  family: string,
): PolicyEvidence {
  const families = familiesOf(models);
  const scores = Float64Array.from(input.scores, (score, cell) =>
    families[cell % models.length] === family ? Number.NaN : score,
  );
  return { input: { ...input, scores }, embeddings };
}

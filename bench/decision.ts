import type { NativeHeadSpec } from '../bindings/addon.ts';
import { createHead, type Head } from '../bindings/engine.ts';
import type { CalibrationSet } from '../lib/calibration/calibration-set.ts';
import { ConformalIntervals } from '../lib/calibration/conformal.ts';
import { indexConstraints } from '../lib/constraints.ts';
import { type DecisionRules, decide, type Prediction, type RoutableModel } from '../lib/decide.ts';
import type { Candidate, RejectedDecision, RoutedDecision } from '../lib/decision.ts';
import { newDecisionId } from '../lib/decision-marks.ts';
import { Random } from '../lib/nn/random.ts';
import type { NetworkRequest } from '../lib/policy/ask-network.ts';
import type { SweptPolicySpec } from '../lib/policy/policy.ts';
import { type Bench, type BenchCase, type CaseResult, type FigureGroup, measure } from './harness.ts';
import { scoreByDefinition } from './head-formulas.ts';
import { networkPrompt, networkRequest } from './policy-network-case.ts';

const modelCounts = [2, 11, 64, 256];
const batches = [1, 16];
const dimension = 384;
/** The default recipe's three networks of 256 units, averaged into one. */
const hidden = 768;
const keys = 3000;
const neighbours = 20;
/** Of a few thousand prompts; each has an expert for every third model. */
const tasks = 32;
const policies: readonly SweptPolicySpec[] = [
  { kind: 'tolerance', tolerance: 0.1 },
  { kind: 'utility', costWeight: 20 },
];
const timings = { queueMs: 0, laneMs: 0, totalMs: 0, device: 'cpu', deviceReason: null } as const;

/** What follows the encoder, on numbers made up: heads and `decide`, in microseconds a prompt on one thread. */
export const decisionBench: Bench = {
  name: 'decision',
  description: 'heads and policies for 2, 11, 64 and 256 models, without the encoder',
  async *groups({ rounds }) {
    for (const models of modelCounts) yield await measureModels(models, rounds);
  },
};

async function measureModels(models: number, rounds: number): Promise<FigureGroup> {
  const specs = headSpecs(models);
  const heads = specs.map((spec) => ({ spec, head: createHead(spec) }));
  const columns: (readonly CaseResult[])[] = [];
  try {
    for (const batch of batches) {
      const embeddings = unitRows(new Random(7), batch);
      const cases = [
        ...heads.map(({ spec, head }) => headCase(spec, head, embeddings)),
        ...[...policies, networkRequest(models)].map((policy) => decideCase(policy, models, batch)),
      ];
      columns.push(await measure(cases, rounds));
    }
  } finally {
    for (const { head } of heads) head.dispose();
  }
  return {
    title: `${models} models, µs a prompt`,
    figures: (columns[0] ?? []).map(({ name }, row) => ({
      name,
      values: Object.fromEntries(
        batches.map((batch, column) => {
          const medianMs = columns[column]?.[row]?.medianMs ?? Number.NaN;
          return [`batch of ${batch}`, (1000 * medianMs) / batch];
        }),
      ),
    })),
    notes: [
      `embeddings of ${dimension}; ${hidden} hidden units; ${neighbours} neighbours of ${keys} keys; ${tasks} tasks`,
      'scores were first compared with their formulas in float64, decisions with a sort of all models',
    ],
  };
}

type BenchHeadSpec = Parameters<typeof scoreByDefinition>[0];

function headCase(spec: BenchHeadSpec, head: Head, embeddings: Float32Array): BenchCase {
  const batch = embeddings.length / dimension;
  return {
    name: `${spec.kind} head`,
    run: () => head.score(embeddings, batch),
    check: () => {
      const scores = head.score(embeddings, batch);
      for (let row = 0; row < batch; row++) {
        const expected = scoreByDefinition(spec, embeddings.subarray(row * dimension, (row + 1) * dimension));
        const actual = scores.subarray(row * head.models, (row + 1) * head.models);
        const error = Math.max(...expected.map((score, model) => Math.abs(score - (actual[model] ?? NaN))));
        if (!(error <= 1e-5)) throw new Error(`${spec.kind} head, row ${row}: error ${error}`);
      }
    },
  };
}

function headSpecs(models: number): readonly BenchHeadSpec[] {
  const random = new Random(models);
  const uniform = (count: number) => Float32Array.from({ length: count }, () => random.uniform());
  const normal = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const general = {
    kind: 'pairwise',
    dimension,
    hidden,
    promptWeight: normal(hidden * dimension, 1),
    modelPart: normal(models * hidden, 0.5),
    outWeight: normal(hidden, 0.05),
    outBias: normal(models, 0.5),
  } as const;
  const candidates = Array.from({ length: models }, (_, model) => model).filter((model) => model % 3 === 0);
  const experts = tasks * candidates.length;
  return [
    general,
    {
      kind: 'experts',
      general,
      taskWeight: normal(tasks * dimension, 1),
      taskBias: normal(tasks, 0.5),
      confidence: 0.1,
      expertCounts: new Array<number>(tasks).fill(candidates.length),
      expertModels: Array.from({ length: tasks }, () => candidates).flat(),
      expertPart: normal(experts * hidden, 0.5),
      expertBias: normal(experts, 0.5),
      alpha: 0.6,
      prior: uniform((tasks + 1) * models),
    },
    {
      kind: 'mlp',
      dimension,
      layers: [
        { weight: normal(hidden * dimension, 1), bias: normal(hidden, 0.5) },
        { weight: normal(models * hidden, 0.05), bias: normal(models, 0.5) },
      ],
    },
    { kind: 'linear', dimension, weight: normal(models * dimension, 0.3), bias: uniform(models) },
    {
      kind: 'neighbour',
      dimension,
      k: neighbours,
      temperature: 0.1,
      priorWeight: 1,
      keys: unitRows(random, keys),
      scores: uniform(keys * models),
      prior: uniform(models),
    },
  ] satisfies NativeHeadSpec[];
}

/** Rows of length 1, as embeddings are. */
function unitRows(random: Random, rows: number): Float32Array {
  const values = Float32Array.from({ length: rows * dimension }, () => random.normal());
  for (let row = 0; row < rows; row++) {
    const part = values.subarray(row * dimension, (row + 1) * dimension);
    const norm = Math.hypot(...part);
    part.set(part.map((value) => value / norm));
  }
  return values;
}

type BenchPolicy = SweptPolicySpec | NetworkRequest;

/** Decides a batch of prompts among models that are all up for choice: the most work that a policy can have. */
function decideCase(policy: BenchPolicy, models: number, batch: number): BenchCase {
  const random = new Random(models + 1);
  const catalogue = Array.from(
    { length: models },
    (_, index): RoutableModel => ({
      id: `model-${index}`,
      cost: {
        kind: 'per-token',
        inputPer1M: 10 * random.uniform(),
        outputPer1M: 30 * random.uniform(),
        meanOutputTokens: 300,
        predictedOutput: {
          from: 0,
          to: 8,
          perLogInput: 0.1,
          longestInput: 4096,
          mean: 1.2,
          low: 0.5,
          high: 2,
        },
      },
    }),
  );
  const predictions = Array.from(
    { length: batch },
    (): Prediction => ({
      quality: Float32Array.from({ length: models }, () => random.uniform()),
      costValues: Float32Array.from({ length: models }, () => random.uniform()),
      policyValues: networkPrompt(random),
      inputTokens: { count: 50 + random.integer(500), exact: true, encoded: 50 },
      source: 'lane',
    }),
  );
  const rules: DecisionRules = {
    policy,
    constraints: indexConstraints({ candidates: null, exclude: [], maxCostUsd: null, requires: {} }),
    override: null,
    cachedInputTokens: 0,
    intervals: new ConformalIntervals(calibrationSet(models), 0.9),
    explore: null,
  };
  const run = () =>
    predictions.map((prediction) =>
      decide(catalogue, prediction, rules, { id: newDecisionId(), draw: 0, timings }),
    );
  return {
    name: `decide, ${policy.kind === 'network-request' ? 'policy network' : policy.kind}`,
    run,
    check: () => {
      for (const decision of run()) checkDecision(decision, policy);
    },
  };
}

/** Of the size that training keeps of a few thousand prompts. */
function calibrationSet(models: number): CalibrationSet {
  const random = new Random(models + 2);
  const rows = 600;
  const uniform = () => Float32Array.from({ length: rows * models }, () => random.uniform());
  return {
    models: Array.from({ length: models }, (_, index) => `model-${index}`),
    rows,
    predicted: uniform(),
    scores: uniform(),
    inputTokens: new Float32Array(rows).fill(100),
    costValues: null,
  };
}

function checkDecision(decision: RoutedDecision | RejectedDecision, policy: BenchPolicy): void {
  const wanted =
    policy.kind === 'network-request'
      ? mostProbable(decision)
      : bestByPolicy(policy, decision.candidates).model;
  if (decision.kind !== 'routed' || decision.model !== wanted) {
    throw new Error(`wanted ${wanted}, got ${JSON.stringify({ ...decision, candidates: [] })}`);
  }
}

/** By the logits that the decision records; those were checked against the trained network's in the tests. */
function mostProbable({ policy, candidates }: RoutedDecision | RejectedDecision): string | undefined {
  if (policy.kind !== 'network') return undefined;
  const logits = policy.logits.map(Number);
  if (!logits.every(Number.isFinite)) return undefined;
  return candidates[logits.indexOf(Math.max(...logits))]?.model;
}

function bestByPolicy(policy: SweptPolicySpec, candidates: readonly Candidate[]): Candidate {
  const ranked = candidates.toSorted((a, b) => {
    if (policy.kind === 'tolerance') return a.costUsd - b.costUsd;
    const weight = Number(policy.costWeight);
    return b.quality - weight * b.costUsd - (a.quality - weight * a.costUsd);
  });
  const highest = Math.max(...candidates.map(({ quality }) => quality));
  const threshold = policy.kind === 'tolerance' ? (1 - policy.tolerance) * highest : 0;
  const best = ranked.find(({ quality }) => quality >= threshold);
  if (best === undefined) throw new Error('there are no candidates');
  return best;
}

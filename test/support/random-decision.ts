import { ConformalIntervals } from '../../lib/calibration/conformal.ts';
import { indexConstraints } from '../../lib/constraints.ts';
import { type DecisionRules, decide, type Override, type RoutableModel } from '../../lib/decide.ts';
import type { RejectedDecision, RoutedDecision } from '../../lib/decision.ts';
import type { PolicySpec } from '../../lib/policy/policy.ts';
import type { Random } from './random.ts';

const count = 6;
const ids = Array.from({ length: count }, (_, index) => `model-${index}`);

/** A decision over six models, of any policy, under random constraints; half of them have tied predictions. */
export function randomDecision(
  random: Random,
  policy = randomPolicy(random),
): RoutedDecision | RejectedDecision {
  const isCoarse = random.below(2) === 0;
  const quality = Float32Array.from(ids, () => (isCoarse ? random.below(4) / 4 : random.next()));
  const prediction = {
    quality,
    costValues: null,
    inputTokens: { count: 10 + random.below(1000), exact: true, encoded: 10 },
    source: 'lane',
  } as const;
  return decide(randomModels(random), prediction, randomRules(random, policy), {
    id: `decision-${random.below(1000)}`,
    draw: random.next(),
    timings: {
      queueMs: random.next(),
      laneMs: random.next(),
      device: 'cpu',
      deviceReason: null,
      totalMs: random.next(),
    },
  });
}

function randomModels(random: Random): RoutableModel[] {
  return ids.map((id) => ({
    id,
    cost: { kind: 'per-request', meanUsd: random.below(5) / 1000 },
    facts: {
      ...(random.below(2) === 0 ? {} : { contextWindow: 300 + random.below(2000) }),
      ...(random.below(3) === 0 ? {} : { tools: random.below(3) > 0 }),
    },
  }));
}

function randomRules(random: Random, policy: PolicySpec): DecisionRules {
  const some = (share: number) => ids.filter(() => random.next() < share);
  const constraints = indexConstraints({
    candidates: random.below(2) === 0 ? null : some(0.7),
    exclude: random.below(2) === 0 ? [] : some(0.2),
    maxCostUsd: random.below(2) === 0 ? null : random.below(5) / 1000,
    requires: random.below(3) > 0 ? {} : { tools: true, inputTokens: random.below(500) },
  });
  const override: Override | null =
    random.below(4) > 0
      ? null
      : { rule: random.below(2) === 0 ? 'pin' : 'dry-run', model: ids[random.below(count)] ?? '' };
  return {
    policy,
    constraints,
    override,
    cachedInputTokens: 0,
    intervals: random.below(2) === 0 ? null : intervalsOf(random),
    explore: random.below(2) === 0 ? null : { rate: random.next() },
  };
}

function intervalsOf(random: Random): ConformalIntervals {
  const rows = 70;
  const uniform = () => Float32Array.from({ length: rows * count }, () => random.next());
  const set = {
    models: ids,
    rows,
    predicted: uniform(),
    scores: uniform(),
    inputTokens: new Float32Array(rows),
    costValues: null,
  };
  return new ConformalIntervals(set, 0.9);
}

function randomPolicy(random: Random): PolicySpec {
  const tolerance = random.below(3) === 0 ? random.below(2) : random.next();
  const safetyMargin = random.below(2) === 0 ? 0 : random.next() / 5;
  const range = { max: 0.8, min: 0.3 };
  const policies: readonly PolicySpec[] = [
    { kind: 'tolerance', tolerance },
    { kind: 'tolerance', tolerance, safetyMargin, strategy: 'dynamic-max' },
    { kind: 'tolerance', tolerance, safetyMargin, strategy: 'dynamic-minmax' },
    { kind: 'tolerance', tolerance, safetyMargin, strategy: 'static-max', range },
    { kind: 'tolerance', tolerance, safetyMargin, strategy: 'static-minmax', range },
    { kind: 'utility', costWeight: 500 * random.next() },
    { kind: 'preference', costWeight: 2 * random.next() },
    { kind: 'utility', costWeight: random.below(2) === 0 ? 0 : 'Infinity' },
    network(random),
    guarded(random.next() / 4 - 0.2),
    guarded(null),
  ];
  return policies[random.below(policies.length)] ?? guarded(null);
}

/** As recorded: all models have a logit, whatever the constraints leave. */
function network(random: Random): PolicySpec {
  const logits = ids.map(() => 4 * random.next());
  return {
    kind: 'network',
    costWeight: random.next(),
    logits,
    draw: random.below(2) === 0 ? null : random.next(),
  };
}

function guarded(threshold: number | null): PolicySpec {
  return { kind: 'guarded', anchor: 'model-0', confidence: 0.95, maxLoss: 0.01, threshold };
}

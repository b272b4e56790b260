import * as v from 'valibot';
import { ownPriceNames } from '../cost/own-prices.ts';
import { modelFactsSchema } from '../model-facts.ts';
import { featureNames } from '../pool/features.ts';

/** Version of the artifact's layout. Raised when an older reader could misread a newer file. */
export const formatVersion = 1;

const name = v.pipe(v.string(), v.minLength(1));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const usd = amount;
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const toleranceEntries = {
  kind: v.literal('tolerance'),
  tolerance: share,
  safetyMargin: v.exactOptional(share),
};

const policySchema = v.variant('kind', [
  v.variant('strategy', [
    v.strictObject({
      ...toleranceEntries,
      /** Absent (routers of earlier versions): dynamic-max. */
      strategy: v.exactOptional(v.picklist(['dynamic-max', 'dynamic-minmax'])),
    }),
    v.strictObject({
      ...toleranceEntries,
      strategy: v.picklist(['static-max', 'static-minmax']),
      range: v.strictObject({ max: share, min: share }),
    }),
  ]),
  v.strictObject({ kind: v.literal('utility'), costWeight: v.union([usd, v.literal('Infinity')]) }),
]);

const finite = v.pipe(v.number(), v.finite());

/** A setting and what it did on rows that were held out. */
const measuredSchema = v.strictObject({ policy: policySchema, quality: share, costUsd: usd });

const logPredictionSchema = v.strictObject({
  from: finite,
  to: finite,
  perLogInput: finite,
  longestInput: v.pipe(finite, v.gtValue(0)),
  mean: usd,
  low: usd,
  high: usd,
});

const priceSourceSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('user'), note: v.exactOptional(v.string()) }),
  v.strictObject({
    kind: v.literal('genai-prices'),
    version: name,
    asOf: v.pipe(v.string(), v.isoDate()),
    provider: name,
    model: name,
    own: v.exactOptional(v.pipe(v.array(v.picklist(ownPriceNames)), v.readonly())),
  }),
]);

const tierSchema = v.strictObject({
  aboveInputTokens: usd,
  inputPer1M: usd,
  outputPer1M: usd,
  cachedInputPer1M: v.exactOptional(usd),
});

/** See `ModelCost`. What is optional is absent in routers of earlier versions. */
const costSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('per-token'),
    inputPer1M: usd,
    outputPer1M: usd,
    cachedInputPer1M: v.exactOptional(usd),
    reasoningPer1M: v.exactOptional(usd),
    reasoningTokensPerAnswer: v.exactOptional(usd),
    tiers: v.exactOptional(v.pipe(v.array(tierSchema), v.readonly())),
    meanOutputTokens: v.nullable(usd),
    promptTokens: v.exactOptional(v.strictObject({ base: usd, perToken: usd })),
    predictedOutput: v.exactOptional(logPredictionSchema),
    priceSource: v.exactOptional(priceSourceSchema),
  }),
  v.strictObject({
    kind: v.literal('per-request'),
    meanUsd: usd,
    predictedNanoUsd: v.exactOptional(logPredictionSchema),
  }),
]);

const metricsSchema = v.strictObject({
  rows: count,
  gapClosed: v.nullable(v.number()),
  area: v.number(),
  csr: v.record(v.string(), v.nullable(v.number())),
  mae: v.number(),
  brier: v.number(),
  ece: v.number(),
});

const errorSchema = v.strictObject({ mae: v.number(), brier: v.number() });

/** How a model was added to a router that had been trained before. */
const onboardingSchema = v.strictObject({
  model: name,
  at: v.pipe(v.string(), v.isoTimestamp()),
  /** Prompts that it was scored on. */
  rows: count,
  origin: v.array(v.strictObject({ name, sha256, rows: count })),
  seed: v.pipe(v.number(), v.integer()),
  /** Share of its adapter in its predictions; 0: it did not help; null: too few prompts to try one. */
  adapterShare: v.nullable(share),
  /** Placed by a quiz: how sure its predictions are, the mean standard deviation under its identity's posterior. */
  quiz: v.exactOptional(v.strictObject({ deviation: amount })),
  /** Errors on held-out rows (cross-validation), beside two controls. */
  heldOut: v.strictObject({
    model: errorSchema,
    constantMean: errorSchema,
    nearestOld: errorSchema,
    nearest: name,
  }),
});

/** New minus old on held-out feedback, and its 98 % interval. */
const differenceSchema = v.strictObject({ mean: finite, interval: v.tuple([finite, finite]) });

/** How feedback changed a router; see `RefitJudgement` of lib/refit/judge-refit.ts. */
const refitSchema = v.strictObject({
  at: v.pipe(v.string(), v.isoTimestamp()),
  /** sha256 of the tensors of the router that it was made from. */
  router: sha256,
  /** Scored decisions that were learnt from, those held out after them, and when the last one was made. */
  feedback: v.strictObject({ learnt: count, heldOut: count, until: v.pipe(v.string(), v.isoTimestamp()) }),
  logLoss: differenceSchema,
  brier: differenceSchema,
  value: differenceSchema,
  models: v.array(
    v.strictObject({
      model: name,
      feedback: count,
      effective: amount,
      /** What evidence keeps of its weight from one of its answers to the next; null: predictions were left as they are. */
      keep: v.nullable(share),
    }),
  ),
  /** Models whose earlier scores no longer count as evidence for intervals and guards. */
  stale: v.array(name),
});

/** Why the estimator is of its kind; see `Selection` of lib/train/auto.ts. */
const selectionSchema = v.strictObject({
  rule: name,
  folds: count,
  rows: count,
  kinds: v.pipe(
    v.array(
      v.strictObject({
        kind: name,
        routingError: amount,
        standardError: amount,
        gapClosed: v.nullable(finite),
        gapClosedError: v.nullable(amount),
        seconds: amount,
        verdict: v.picklist(['chosen', 'level', 'worse']),
      }),
    ),
    v.readonly(),
  ),
});

/** Of figures that may not exist. */
const interval = v.nullable(v.tuple([finite, finite]));

/** See `PolicyNetwork`, and `comparePolicies` for what was measured. */
const policyNetworkSchema = v.strictObject({
  width: v.pipe(count, v.minValue(1)),
  heads: v.pipe(count, v.minValue(1)),
  blocks: count,
  /** Rows that it was trained on. */
  rows: count,
  /** On rows it was not: against the policy utility on the same predictions. */
  heldOut: v.strictObject({
    rows: count,
    utility: v.nullable(finite),
    network: v.nullable(finite),
    difference: interval,
    qualityAtEqualCost: finite,
    qualityInterval: interval,
  }),
  /** Whether preferences are its to serve where the caller does not say: the interval of the difference is above 0. */
  isDefault: v.boolean(),
});

/** One of an estimator's tasks, in their order: what its tensors do not hold. */
const taskSchema = v.strictObject({
  /** Words of the training prompts that tell its prompts from others. */
  keywords: v.array(name),
  /** Mean cost of its candidates on the task's training prompts. */
  costsUsd: v.record(v.string(), usd),
});

const featuresSchema = v.pipe(
  v.array(v.picklist(featureNames)),
  v.check(([first]) => first === 'embedding', 'the embedding must stand first'),
  v.check((features) => new Set(features).size === features.length, 'a feature stands twice'),
);

/** router.json. Unknown keys are refused: a typo must not silently become a default. */
export const routerSchema = v.strictObject({
  format: v.literal('pointsman-router'),
  formatVersion: v.literal(formatVersion),
  /** Version of the package that wrote it. */
  createdBy: name,
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** The command line that made it, where there was one. */
  command: v.nullable(v.string()),
  encoder: v.strictObject({
    name,
    sha256,
    /** Of the embedding; see `features`. */
    dimension: v.pipe(count, v.minValue(1)),
    maxTokens: v.pipe(count, v.minValue(3)),
    pooling: v.picklist(['mean', 'cls']),
    normalize: v.boolean(),
    /** What is read of a prompt longer than maxTokens; absent (older routers): head. */
    view: v.optional(v.picklist(['head', 'head-focus-tail'])),
    /** What heads are given of a prompt, in this order; absent (older routers): the embedding alone. */
    features: v.exactOptional(featuresSchema),
  }),
  models: v.pipe(
    v.array(v.strictObject({ id: name, cost: costSchema, facts: v.exactOptional(modelFactsSchema) })),
    v.minLength(1),
  ),
  estimator: v.strictObject({
    kind: name,
    config: v.record(v.string(), v.union([v.number(), v.string(), v.boolean()])),
  }),
  /** Where the kind was left to a comparison (`--estimator auto`). */
  selection: v.exactOptional(selectionSchema),
  /** Of an estimator that has tasks. */
  tasks: v.exactOptional(v.pipe(v.array(taskSchema), v.readonly())),
  tensors: v.strictObject({ file: v.literal('router.safetensors'), sha256 }),
  /** Training prompts that travel with the router for quizzes, where their owner let them. */
  quizBank: v.exactOptional(v.strictObject({ file: v.literal('quiz-bank.jsonl'), sha256 })),
  /** The policy that was trained for preferences, where one was (kind irt). */
  policyNetwork: v.exactOptional(policyNetworkSchema),
  defaults: v.strictObject({
    policy: policySchema,
    /** Model ids by measured quality on the validation rows, best first. Routers of earlier versions have none. */
    fallbackModels: v.exactOptional(v.array(name)),
    /** What the words of the route option `preference` stand for. Routers of earlier versions have none. */
    preferences: v.exactOptional(
      v.strictObject({ best: measuredSchema, balanced: measuredSchema, cheapest: measuredSchema }),
    ),
  }),
  data: v.strictObject({
    origin: v.array(v.strictObject({ name, sha256, rows: count })),
    seed: v.pipe(v.number(), v.integer()),
    fractions: v.strictObject({ validation: share, test: share }),
    /** Folds that settings were chosen over; absent in routers of earlier versions, which had validation rows instead. */
    folds: v.exactOptional(v.pipe(count, v.minValue(2))),
    /** How many of them were held out; absent where all were, one after the other. */
    heldFolds: v.exactOptional(v.pipe(count, v.minValue(1))),
    rows: v.strictObject({ train: count, validation: count, test: count }),
  }),
  /** Of the router as it was trained, without the models that were added later. */
  metrics: v.strictObject({ validation: metricsSchema, test: v.nullable(metricsSchema) }),
  /** Models that were added later, in that order: the last ones of `models`. */
  onboarded: v.exactOptional(v.array(onboardingSchema)),
  /** What feedback changed since, in that order. */
  refits: v.exactOptional(v.array(refitSchema)),
});

export type RouterManifest = v.InferOutput<typeof routerSchema>;
export type Onboarding = v.InferOutput<typeof onboardingSchema>;
export type ManifestMetrics = v.InferOutput<typeof metricsSchema>;

/** "models.3.cost.inputPer1M: Invalid value: Expected >=0 but received -1", one line an issue. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues.map((issue) => `${v.getDotPath(issue) ?? '(top)'}: ${issue.message}`).join('; ');
}

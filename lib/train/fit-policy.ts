import type { RouterManifest } from '../artifact/schema.ts';
import { splitRows } from '../data/split.ts';
import { PointsmanError } from '../errors.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { gatherRows } from '../estimator/take-rows.ts';
import { type Chooser, compareWithUtility } from '../evaluate/compare-policies.ts';
import type { Cells } from '../evaluate/input.ts';
import { takeInput } from '../evaluate/take-input.ts';
import { type PolicyEvidence, policyRows } from '../policy-network/policy-rows.ts';
import type { PolicyTrainingSettings } from '../policy-network/settings.ts';
import {
  openPolicy,
  type StoredPolicy,
  scaledIdentities,
  storePolicy,
} from '../policy-network/stored-policy.ts';
import { trainPolicyNetwork } from '../policy-network/train-policy-network.ts';
import { scoreRows } from '../score-rows.ts';
import type { JobProgress } from './embed-table.ts';

/** Share of the rows that the comparison is made on. */
const HELD_SHARE = 0.2;
/** Rows that are compared on at most, evenly spaced: more narrow the interval by little. */
const COMPARED_ROWS = 2000;
const RESAMPLES = 200;
/** With fewer, neither training nor the comparison means anything. */
const LEAST_ROWS = 100;

type Described = NonNullable<RouterManifest['policyNetwork']>;

export interface FitPolicyOptions {
  readonly seed: number;
  readonly settings?: Partial<PolicyTrainingSettings>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
}

export interface FittedPolicy {
  readonly policy: StoredPolicy;
  /** As the manifest has it. */
  readonly described: Described;
}

/**
 * Trains a policy network on four fifths of rows that were predicted by estimators which had not seen them, and compares it with
 * `utility` on the others. It serves preferences by default only where the interval of the difference lies above 0.
 * Rejects with ERR_UNSUPPORTED for an estimator without identities, ERR_INVALID_DATA for too few rows, ERR_ABORTED.
 */
export async function fitPolicy(
  evidence: PolicyEvidence,
  estimator: QualityEstimator,
  { seed, settings = {}, signal, onProgress }: FitPolicyOptions,
): Promise<FittedPolicy> {
  const { scale } = scaledIdentities(estimator);
  const rows = evidence.embeddings.length / estimator.dimension;
  if (rows < LEAST_ROWS) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      `a policy network needs at least ${LEAST_ROWS} rows that were held out in training, got ${rows}: give more rows`,
    );
  }
  // Under names of their own: by the router's seed, all of these groups fall on one side.
  const groups = Array.from({ length: rows }, (_, row) => `policy ${evidence.input.groups?.[row] ?? row}`);
  const split = splitRows(groups, { seed, train: 1 - HELD_SHARE, validation: HELD_SHARE, test: 0 });
  const trained = await trainPolicyNetwork(
    policyRows(takeEvidence(evidence, estimator, split.train), estimator),
    {
      seed,
      settings,
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ done, total, detail }) => {
        onProgress?.({ stage: `training the policy, ${detail}`, done, total });
      },
    },
  );
  const policy = storePolicy(trained, scale);
  const heldOut = comparePolicy(takeEvidence(evidence, estimator, split.validation), estimator, policy, seed);
  const isDefault = heldOut.difference !== null && heldOut.difference[0] > 0;
  return { policy, described: { ...trained.config, rows: split.train.length, heldOut, isDefault } };
}

/** A policy network against `utility` on the same predictions, both at the same weights of cost. */
export function comparePolicy(
  evidence: PolicyEvidence,
  estimator: QualityEstimator,
  policy: StoredPolicy,
  seed: number,
): Described['heldOut'] {
  const rows = evidence.embeddings.length / estimator.dimension;
  const count = Math.min(rows, COMPARED_ROWS);
  const compared = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
  const { input, embeddings } = takeEvidence(evidence, estimator, compared);
  const { network, promptHead } = openPolicy(policy, estimator);
  const prompts = scoreRows(promptHead, embeddings, count);
  const { width } = policy.config;
  const chooserOf = ({ eligible, predictedQuality, predictedCostUsd, models, given }: Cells): Chooser => {
    return (row, costWeight) => {
      const own = [row * models.length, (row + 1) * models.length] as const;
      const among = eligible[row] ?? [];
      const choice = {
        quality: predictedQuality.subarray(...own),
        costUsd: predictedCostUsd.subarray(...own),
        eligible: among,
      };
      const at = given[row] ?? 0;
      const logits = network.logits(choice, prompts.subarray(at * width, (at + 1) * width), costWeight);
      return among[logits.reduce((best, logit, i) => (logit > (logits[best] ?? 0) ? i : best), 0)] ?? 0;
    };
  };
  const { other, difference, qualityInterval, ...figures } = compareWithUtility(input, chooserOf, {
    resamples: RESAMPLES,
    seed,
  });
  return {
    ...figures,
    network: other,
    difference: difference === null ? null : [...difference],
    qualityInterval: qualityInterval === null ? null : [...qualityInterval],
  };
}

function takeEvidence(
  { input, embeddings }: PolicyEvidence,
  { dimension }: QualityEstimator,
  rows: readonly number[],
): PolicyEvidence {
  return { input: takeInput(input, rows), embeddings: gatherRows(embeddings, dimension, rows) };
}

import type { QualityEstimator } from '../estimator/estimator.ts';
import { fitPlatt } from '../estimator/platt.ts';
import { splitStandardisation, standardise } from '../estimator/standardise.ts';
import type { EvaluationInput } from '../evaluate/input.ts';
import type { PolicyRows } from './choice-batch.ts';
import { scaledIdentities } from './stored-policy.ts';

/** Measured rows with predictions, and their prompts' features. */
export interface PolicyEvidence {
  readonly input: EvaluationInput;
  /** [rows, dimension] */
  readonly embeddings: Float32Array;
}

/**
 * What a policy is trained on: predictions as they are for what it sees, calibrated ones (Platt, a curve per model) for what
 * pretraining takes for the truth.
 */
export function policyRows({ input, embeddings }: PolicyEvidence, estimator: QualityEstimator): PolicyRows {
  const { dimension } = estimator;
  const { standardisation } = splitStandardisation(estimator.state(), dimension);
  const seen = standardisation === null ? embeddings : standardise(standardisation, embeddings);
  const { values, scale } = scaledIdentities(estimator);
  const factor = Math.sqrt(dimension);
  return {
    rows: embeddings.length / dimension,
    models: input.models.length,
    prompts: seen.map((value) => factor * value),
    identities: values.map((value) => value / scale),
    quality: input.predictedQuality,
    costUsd: input.predictedCostUsd,
    calibrated: calibrate(input),
    scores: input.scores,
    actualUsd: input.costsUsd,
  };
}

function calibrate({ models, predictedQuality, scores }: EvaluationInput): Float32Array {
  const columns = models.length;
  const out = Float32Array.from(predictedQuality);
  for (let column = 0; column < columns; ++column) {
    const pairs = { predicted: [] as number[], measured: [] as number[] };
    for (let cell = column; cell < out.length; cell += columns) {
      const score = scores[cell] ?? Number.NaN;
      if (Number.isNaN(score)) continue;
      pairs.predicted.push(predictedQuality[cell] ?? 0);
      pairs.measured.push(score);
    }
    const curve = fitPlatt({
      predicted: Float64Array.from(pairs.predicted),
      measured: Float64Array.from(pairs.measured),
    });
    for (let cell = column; cell < out.length; cell += columns) out[cell] = curve(out[cell] ?? 0);
  }
  return out;
}

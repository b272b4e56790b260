import { loadAddon } from '../../bindings/load.ts';
import { checkpoint } from '../estimator/checkpoint.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { withRefitted } from '../estimator/irt-identities.ts';
import { estimatorFromState } from '../estimator/registry.ts';
import { readTensor } from '../estimator/state.ts';
import { gatherRows } from '../estimator/take-rows.ts';
import { freezeIrt } from '../onboard/frozen-irt.ts';
import type { IdentityPrior } from '../onboard/identity-prior.ts';
import { identityPosterior, type PosteriorPrior } from './identity-posterior.ts';

/** Share of the models' own covariance that the posterior of a model that changed is widened by. */
const drift = 0.3;

/** What a model's identity is refitted from. */
export interface IdentityEvidence {
  readonly column: number;
  /** Rows of the features. */
  readonly rows: readonly number[];
  readonly scores: Float64Array;
  readonly weights: Float64Array;
  /** Whether feedback speaks for another model than the trained one: its posterior is then widened. */
  readonly hasChanged: boolean;
}

export interface RefitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Models done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Posteriors of identities after feedback (LLM Bandit, arXiv 2502.02743): the prior is the posterior of training; backbone and
 * heads stay as they are. What training gave is kept in the state, so that another refit starts from it.
 * @param base of kind `irt`, as trained
 * @param features [rows, dimension]
 */
export async function refitIdentities(
  base: QualityEstimator,
  features: Float32Array,
  evidence: readonly IdentityEvidence[],
  { signal, onProgress }: RefitOptions = {},
): Promise<QualityEstimator> {
  const { kernels } = loadAddon();
  const irt = freezeIrt(base);
  const prepared = irt.prepare(features);
  const rows = features.length / base.dimension;
  const width = prepared.length / Math.max(1, rows);
  const state = base.state();
  const means = readTensor(state, 'identities', [irt.networks.length, base.models.length, null]);
  const logVariances = readTensor(state, 'identityLogVariances', means.shape);
  const moved = { means: means.data.slice(), logVariances: logVariances.data.slice() };
  const size = means.shape[2] ?? 0;
  for (const [done, { column, rows: own, scores, weights, hasChanged }] of evidence.entries()) {
    await checkpoint(signal);
    onProgress?.(done, evidence.length);
    const answers = { rows: own.length, embeddings: gatherRows(prepared, width, own), scores, weights };
    for (const [member, { backbone, prior }] of irt.networks.entries()) {
      const at = (member * base.models.length + column) * size;
      const around = {
        mean: means.data.slice(at, at + size),
        covariance: covarianceOf(logVariances.data.subarray(at, at + size), hasChanged ? prior : null),
      } satisfies PosteriorPrior;
      const posterior = identityPosterior(backbone, answers, around, kernels);
      if (posterior === null) continue;
      moved.means.set(posterior.mean, at);
      moved.logVariances.set(posterior.logVariance, at);
    }
  }
  const refitted = withRefitted(state, moved.means, moved.logVariances);
  return estimatorFromState(refitted, base.models, base.dimension);
}

/** [identity, identity]: the posterior's own, and a share of how models differ from each other. */
function covarianceOf(logVariances: Float32Array, widened: IdentityPrior | null): Float64Array {
  const size = logVariances.length;
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    covariance[i * size + i] = Math.exp(logVariances[i] as number);
    if (widened === null) continue;
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++)
        sum += (widened.factor[i * size + k] as number) * (widened.factor[j * size + k] as number);
      covariance[i * size + j] = (covariance[i * size + j] as number) + drift * sum;
    }
  }
  return covariance;
}

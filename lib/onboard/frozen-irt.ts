import { PointsmanError } from '../errors.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { readPairwiseParts } from '../estimator/pairwise-spec.ts';
import { splitStandardisation, standardise } from '../estimator/standardise.ts';
import { readTensor } from '../estimator/state.ts';
import { backboneOf, type FrozenBackbone } from './fit-identity.ts';
import { type IdentityPrior, pooledPrior } from './identity-prior.ts';

/** A trained `irt` estimator as new identities are fitted to it. */
export interface FrozenIrt {
  readonly networks: readonly FrozenNetwork[];
  /** [rows, dimension] features to what the networks take. */
  prepare(features: Float32Array): Float32Array;
}

export interface FrozenNetwork {
  readonly backbone: FrozenBackbone;
  /** What the known models tell of the next one. */
  readonly prior: IdentityPrior;
}

/** Throws ERR_UNSUPPORTED for an estimator without identities. */
export function freezeIrt(estimator: QualityEstimator): FrozenIrt {
  const { models, dimension } = estimator;
  if (estimator.kind !== 'irt') {
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `a quiz places a model among the identities of the others, which a router of kind "${estimator.kind}" does not have: ` +
        'train one with "--estimator irt", or onboard the model with "--data"',
    );
  }
  const { standardisation, inner } = splitStandardisation(estimator.state(), dimension);
  const parts = readPairwiseParts(inner, models.length, dimension);
  const { members, hidden, identitySize } = parts;
  const { data: pairWeight } = readTensor(inner, 'pairWeight', [members, hidden]);
  const { data: logVariances } = readTensor(inner, 'identityLogVariances', [
    members,
    models.length,
    identitySize,
  ]);
  const size = models.length * identitySize;
  return {
    networks: Array.from({ length: members }, (_, member) => {
      const backbone = backboneOf(parts, pairWeight, member);
      const own = logVariances.subarray(member * size, (member + 1) * size);
      return { backbone, prior: pooledPrior(backbone.identities, own, identitySize) };
    }),
    prepare: (features) => (standardisation === null ? features : standardise(standardisation, features)),
  };
}

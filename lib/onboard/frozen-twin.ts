import type { QualityEstimator } from '../estimator/estimator.ts';
import { type AddedHead, innermostBase } from '../estimator/onboarded.ts';
import { estimatorFromState } from '../estimator/registry.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Tape } from '../nn/tape.ts';
import type { Tensor } from '../nn/tensor.ts';
import { IdentityTwin } from './identity-twin.ts';
import { LinearTwin } from './linear-twin.ts';

/** The frozen heads of old models in a form that gradients pass: what an adapter is trained against. */
export interface FrozenTwin {
  /** Old models that it predicts. */
  readonly old: number;
  /** x [rows, dimension] to predictions of the old models at `columns`, [rows, columns]. No gradient reaches the heads. */
  predictOld(tape: Tape, x: Tensor, columns: readonly number[]): Tensor;
  /**
   * A head for the new model that starts as the mixture of the old ones.
   * @param shares [old], not negative, of sum 1
   */
  startHead(shares: Float64Array): TrainableHead;
}

/** The new model's own head while it is trained. */
export interface TrainableHead {
  /** x [rows, dimension] to predictions [rows, 1]. */
  predict(tape: Tape, x: Tensor): Tensor;
  parameters(): readonly Parameter[];
  result(): AddedHead;
}

/** Prompts to learn a twin on, labelled or not. */
export interface TwinRows {
  readonly rows: number;
  /** [rows, dimension] */
  readonly embeddings: Float32Array;
}

/**
 * The twin of a frozen estimator. IPR's network is its own; any other kind gets linear heads: its own where it has
 * them (`ridge`), else those nearest to its predictions on the given prompts.
 * What was onboarded before is left out: an adapter must keep the models that it shares a network with.
 */
export function twinOf(base: QualityEstimator, prompts: TwinRows): FrozenTwin {
  const { state, added } = innermostBase(base.state());
  const models = base.models.slice(0, base.models.length - added);
  const frozen = estimatorFromState(state, models, base.dimension);
  const spec = frozen.headSpec();
  if (state.kind === 'ipr' && spec.kind === 'pairwise') return new IdentityTwin(state, spec);
  return LinearTwin.of(frozen, spec, prompts);
}

import type { EstimatorState } from './estimator.ts';
import { innermostBase } from './onboarded.ts';
import { stackMemberState } from './stack.ts';
import { type Standardisation, splitStandardisation, standardise } from './standardise.ts';
import { type Classified, classify } from './task-classifier.ts';
import { readTasks, type StoredTasks } from './task-moe-state.ts';

/** The tasks that an estimator tells prompts apart by. */
export interface EstimatorTasks extends StoredTasks {
  /** The models that it had when it was trained; priors and candidates are of these. */
  readonly models: readonly string[];
  /** What features are brought to before they are classified; null: nothing. */
  readonly standardisation: Standardisation | null;
}

/** The tasks of an estimator of kind `task-moe`, or of a stack or an onboarded one that holds one; null for any other. */
export function tasksOf(
  state: EstimatorState,
  models: readonly string[],
  dimension: number,
): EstimatorTasks | null {
  const { state: base, added } = innermostBase(state);
  const trained = models.slice(0, models.length - added);
  const { standardisation, inner } = splitStandardisation(base, dimension);
  const own = inner.kind === 'stack' ? stackMemberState(inner, 'task-moe') : inner;
  if (own?.kind !== 'task-moe') return null;
  return { ...readTasks(own, trained.length, dimension), models: trained, standardisation };
}

/** What the tasks' classifier says of features [rows, dimension]; see `assignTasks`. */
export function classifyFeatures(
  { classifier, standardisation }: EstimatorTasks,
  features: Float32Array,
): Classified {
  return classify(classifier, standardisation === null ? features : standardise(standardisation, features));
}

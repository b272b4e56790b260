import { PointsmanError } from '../errors.ts';
import type { EstimatorState } from './estimator.ts';

type Entries<T> = Readonly<Record<string, T>>;

/** The state of an estimator within another's: its kind and settings, and its tensors as they are, under a prefix. */
export function nestState(prefix: string, state: EstimatorState): Omit<EstimatorState, 'kind'> {
  const put = <T>(values: Entries<T>): Entries<T> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
  return { config: put({ kind: state.kind, ...state.config }), tensors: put(state.tensors) };
}

/** What `nestState` put under a prefix. Throws ERR_CORRUPT_FILE where there is nothing. */
export function unnestState(prefix: string, state: EstimatorState): EstimatorState {
  const take = <T>(values: Entries<T>): Entries<T> => {
    const own = Object.entries(values).filter(([name]) => name.startsWith(`${prefix}.`));
    return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length + 1), value]));
  };
  const { kind, ...config } = take(state.config);
  if (typeof kind !== 'string') {
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `the stored ${state.kind} estimator does not state the kind of its part "${prefix}"`,
    );
  }
  return { kind, config, tensors: take(state.tensors) } as EstimatorState;
}

import { PointsmanError } from '../errors.ts';
import type { QualityEstimator } from './estimator.ts';

/** The median of a numeric setting over estimators of one kind; the lower of the middle two, so that it is one of theirs. */
export function medianSetting(estimators: readonly QualityEstimator[], name: string): number {
  const values = estimators.map((estimator) => {
    const value = estimator.state().config[name];
    if (typeof value === 'number') return value;
    const message = `${estimator.kind}: there is no setting "${name}" to agree on`;
    throw new PointsmanError('ERR_INTERNAL', message);
  });
  values.sort((a, b) => a - b);
  return values[(values.length - 1) >> 1] ?? Number.NaN;
}

import type { Metric } from '../metric.ts';
import { areaMetric } from './areas.ts';
import { controlMetric } from './controls.ts';
import { coverageMetric } from './coverage.ts';
import { predictionMetric } from './prediction.ts';
import { savingsMetric } from './savings.ts';
import { twoModelMetric } from './two-models.ts';

/** Everything an evaluation measures, in the order it is listed. */
export const allMetrics: readonly Metric[] = [
  areaMetric,
  savingsMetric,
  twoModelMetric,
  predictionMetric,
  coverageMetric,
  controlMetric,
];

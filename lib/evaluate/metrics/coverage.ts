import { tallyCoverage } from '../../calibration/coverage.ts';
import type { Metric } from '../metric.ts';

/** How often measured scores lie inside the router's prediction intervals, and how wide those are. */
export const coverageMetric: Metric = ({ cells }) => {
  const { intervals, scores, models } = cells;
  if (intervals === null) return null;
  const tallies = Array.from(cells.eligible.keys(), (row) =>
    tallyCoverage(intervals, scores, row * models.length, 1, (row + 1) * models.length),
  );
  const nominal = `${Number((100 * intervals.nominal).toPrecision(3))} %`;
  return {
    figures: [
      { name: 'coverage', label: `coverage of ${nominal} intervals`, unit: 'share', better: null },
      {
        name: 'intervalWidth',
        label: `mean width of ${nominal} intervals`,
        unit: 'quality',
        better: 'lower',
      },
    ],
    measure: ({ weights }) => {
      let [total, hits, spread] = [0, 0, 0];
      for (const [row, { cells: count, inside, width }] of tallies.entries()) {
        const weight = weights[row] ?? 0;
        total += weight * count;
        hits += weight * inside;
        spread += weight * width;
      }
      return total > 0 ? [hits / total, spread / total] : [null, null];
    },
  };
};

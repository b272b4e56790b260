import type { FigureSpec, Metric } from '../metric.ts';
import { predictionErrors, tallyPredictions } from '../prediction.ts';

/** How far predicted quality is from measured quality. See `PredictionErrors`. */
export const predictionMetric: Metric = ({ cells }) => {
  const tally = tallyPredictions(cells);
  const figures: FigureSpec[] = [
    { name: 'mae', label: 'MAE', unit: 'error', better: 'lower' },
    { name: 'brier', label: 'Brier', unit: 'error', better: 'lower' },
    { name: 'ece', label: 'ECE', unit: 'error', better: 'lower' },
    { name: 'top1', label: 'top-1', unit: 'share', better: 'higher' },
  ];
  return {
    figures,
    measure: ({ weights }) => {
      const { mae, brier, ece, top1 } = predictionErrors(tally, weights);
      return [mae, brier, ece, top1];
    },
  };
};

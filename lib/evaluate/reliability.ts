import type { Cells } from './input.ts';
import { binOf, eceBins } from './prediction.ts';

/** The cells whose prediction fell into one bin of equal width; bins without any are left out. */
export interface ReliabilityBin {
  readonly cells: number;
  /** Mean prediction and mean measured quality of the bin's cells. */
  readonly predicted: number;
  readonly measured: number;
}

export interface Reliability {
  /** All models together. */
  readonly pooled: readonly ReliabilityBin[];
  readonly models: Readonly<Record<string, readonly ReliabilityBin[]>>;
}

/** Mean measured quality by predicted quality: on the diagonal where predictions mean what they say. */
export function reliabilityOf(cells: Cells): Reliability {
  const ofColumns = (wanted: (column: number) => boolean) => binsOf(cells, wanted);
  return {
    pooled: ofColumns(() => true),
    models: Object.fromEntries(
      cells.models.map((model, only) => [model, ofColumns((column) => column === only)]),
    ),
  };
}

function binsOf(cells: Cells, wanted: (column: number) => boolean): ReliabilityBin[] {
  const sums = Array.from({ length: eceBins }, () => ({ cells: 0, predicted: 0, measured: 0 }));
  for (const [row, run] of cells.eligible.entries()) {
    for (const column of run) {
      if (!wanted(column)) continue;
      const cell = row * cells.models.length + column;
      const predicted = cells.predictedQuality[cell] ?? Number.NaN;
      const sum = sums[binOf(predicted)];
      if (sum === undefined) continue;
      sum.cells += 1;
      sum.predicted += predicted;
      sum.measured += cells.scores[cell] ?? Number.NaN;
    }
  }
  return sums
    .filter(({ cells: count }) => count > 0)
    .map(({ cells: count, predicted, measured }) => ({
      cells: count,
      predicted: predicted / count,
      measured: measured / count,
    }));
}

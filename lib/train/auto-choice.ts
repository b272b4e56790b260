import { PointsmanError } from '../errors.ts';
import type { TrainedKind } from '../estimator/estimator.ts';

/** How one kind did on the outer folds, in their order. */
export interface KindFigures {
  readonly kind: TrainedKind;
  /** See `routingError`. */
  readonly routingErrors: readonly number[];
  /** null where a fold has no gap to close. */
  readonly gapsClosed: readonly (number | null)[];
  /** Of training, all folds together. */
  readonly seconds: number;
}

/** One line of the comparison, as the manifest keeps it. */
export interface ComparedKind {
  readonly kind: TrainedKind;
  readonly routingError: number;
  /** Of the mean difference to the best kind, fold by fold; 0 for the best. */
  readonly standardError: number;
  /** Mean over the folds that have a gap; null where none has. */
  readonly gapClosed: number | null;
  /** Of the mean; null with fewer than two folds. */
  readonly gapClosedError: number | null;
  readonly seconds: number;
  /** `worse`: by more than one standard error than the best; `level`: not, but another level kind is simpler. */
  readonly verdict: 'chosen' | 'level' | 'worse';
}

/**
 * From the fewest numbers that decide to the most, on 384 dimensions and thousands of rows: a table; a linear map, of low rank
 * first; some hundred centroids; a network, without identity vectors first, then with uncertain ones; one a family; one with experts for tasks; every training prompt; several of these.
 */
const COMPLEXITY: Readonly<Record<TrainedKind, number>> = {
  constant: 0,
  mf: 1,
  ridge: 2,
  kmeans: 3,
  mlp: 4,
  ipr: 5,
  irt: 6,
  family: 7,
  'task-moe': 8,
  knn: 9,
  stack: 10,
};

/**
 * The simplest kind whose mean routing error is within one standard error of the lowest (Breiman et al. 1984, the 1 SE rule).
 * The standard error is that of the paired difference to the best kind: folds differ far more than kinds do on one fold.
 * By routing error and not by gapClosed, whose difference between two kinds on a fold is mostly chance.
 */
export function compareFigures(figures: readonly KindFigures[]): ComparedKind[] {
  const [first] = figures;
  if (first === undefined || first.routingErrors.length === 0) {
    throw new PointsmanError('ERR_INVALID_ARGUMENT', 'auto: expected at least one kind and one fold');
  }
  const best = figures.reduce((a, b) => (mean(b.routingErrors) < mean(a.routingErrors) ? b : a));
  const compared = figures.map((one) => {
    const differences = one.routingErrors.map(
      (error, fold) => error - (best.routingErrors[fold] ?? Number.NaN),
    );
    const known = one.gapsClosed.filter((gap) => gap !== null);
    return {
      kind: one.kind,
      routingError: mean(one.routingErrors),
      standardError: standardError(differences) ?? 0,
      gapClosed: known.length === 0 ? null : mean(known),
      gapClosedError: standardError(known),
      seconds: one.seconds,
      isLevel: mean(differences) <= (standardError(differences) ?? 0),
    };
  });
  const chosen = compared
    .filter(({ isLevel }) => isLevel)
    .reduce((simplest, { kind }) => (COMPLEXITY[kind] < COMPLEXITY[simplest] ? kind : simplest), best.kind);
  return compared.map(({ isLevel, ...one }) => ({
    ...one,
    verdict: one.kind === chosen ? 'chosen' : isLevel ? 'level' : 'worse',
  }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the mean; null with fewer than two values. */
function standardError(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

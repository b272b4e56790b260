import type { Random } from '../nn/random.ts';
import type { Choice, PolicyRows } from './choice-batch.ts';

/** Mixing shares are of Beta(a, a): nearly all of one row, most of the time. */
const BETA = 0.2;
/** Weights of cost, log-uniform: from where the dearest model's hardly counts to where models at a tenth of it do. */
const LEAST_WEIGHT = 1e-2;
const MOST_WEIGHT = 30;
/** Share of choices where cost counts for nothing. */
const FREE_SHARE = 0.05;
/** Share of choices among all models that were run; the others are among some of them. */
const WHOLE_SHARE = 0.5;

/**
 * Choices at random: any row, mixed with its nearest (on-manifold mixup), any preference, and any part of the pool, so that one
 * policy serves them all.
 * @param neighbours [rows] the nearest other row of each
 */
export function drawChoices(
  data: PolicyRows,
  neighbours: ArrayLike<number>,
  count: number,
  random: Random,
): Choice[] {
  return Array.from({ length: count }, () => {
    const row = random.integer(data.rows);
    const other = neighbours[row] as number;
    const share = betaShare(random);
    const shared = knownModels(data, row).filter((column) => isKnown(data, other, column));
    const isMixed = shared.length > 1;
    return {
      row,
      other: isMixed ? other : row,
      share: isMixed ? share : 1,
      eligible: drawPool(isMixed ? shared : knownModels(data, row), random),
      weight: drawWeight(random),
    };
  });
}

/** Columns of the models that were run on a row with a known cost. */
export function knownModels(data: PolicyRows, row: number): number[] {
  const known: number[] = [];
  for (let column = 0; column < data.models; ++column) if (isKnown(data, row, column)) known.push(column);
  return known;
}

function isKnown({ models, scores, actualUsd }: PolicyRows, row: number, column: number): boolean {
  const cell = row * models + column;
  return !Number.isNaN(scores[cell]) && !Number.isNaN(actualUsd[cell]);
}

/** All, or at least two. */
function drawPool(known: readonly number[], random: Random): readonly number[] {
  if (known.length <= 2 || random.uniform() < WHOLE_SHARE) return known;
  const order = Int32Array.from(known);
  random.shuffle(order);
  return [...order.subarray(0, 2 + random.integer(known.length - 1)).sort()];
}

function drawWeight(random: Random): number {
  if (random.uniform() < FREE_SHARE) return 0;
  return LEAST_WEIGHT * (MOST_WEIGHT / LEAST_WEIGHT) ** random.uniform();
}

/** Beta(BETA, BETA) (Jöhnk 1964). */
function betaShare(random: Random): number {
  for (;;) {
    const u = random.uniform() ** (1 / BETA);
    const v = random.uniform() ** (1 / BETA);
    if (u + v > 0 && u + v <= 1) return u / (u + v);
  }
}

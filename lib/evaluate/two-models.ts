import type { SingleModel } from './controls.ts';
import type { Cells } from './input.ts';
import { onesFor, type RowWeights } from './outcome.ts';

/** Two models on the rows where both were run. Typed arrays have one entry a row of `rows`. */
export interface Duel {
  readonly strong: string;
  readonly weak: string;
  /** Indices into the evaluated rows. */
  readonly rows: readonly number[];
  /** Measured quality of the strong model less that of the weak one. */
  readonly gains: Float64Array;
  /** Predicted quality of the strong model less that of the weak one: the router's score for the strong model. */
  readonly predictedGains: Float64Array;
  /** null where the prompts' lengths are not known. */
  readonly lengths: Float64Array | null;
}

/** Rows by falling score; rows of equal score are a block, within which the share is drawn at random. */
export interface Ranking {
  readonly order: Int32Array;
  /** Per place in `order` whether a block ends there. */
  readonly endsBlock: Uint8Array;
}

/** What RouteLLM (arXiv 2406.18665, section 3.3) measures of a score for the strong of two models. */
export interface TwoModelFigures {
  /** Mean over all shares of calls to the strong model of PGR, the share of the quality gap recovered; random: 0.5. */
  readonly apgr: number | null;
  /** Call-performance threshold: the least share of calls to the strong model that recovers 50 % (80 %) of the gap. */
  readonly cpt50: number | null;
  readonly cpt80: number | null;
}

/** The duel of the evaluated rows, where exactly two models were run at all; else null. */
export function duelOf(cells: Cells, singles: readonly SingleModel[], strong: string): Duel | null {
  const weak = singles.find(({ model }) => model !== strong)?.model;
  if (singles.length !== 2 || weak === undefined) return null;
  const columns = cells.models.length;
  const [strongColumn, weakColumn] = [cells.models.indexOf(strong), cells.models.indexOf(weak)];
  const rows = [...cells.eligible.keys()].filter((row) => cells.eligible[row]?.length === 2);
  const difference = (values: Float64Array) =>
    Float64Array.from(
      rows,
      (row) => (values[row * columns + strongColumn] ?? 0) - (values[row * columns + weakColumn] ?? 0),
    );
  const { promptLengths } = cells;
  return {
    strong,
    weak,
    rows,
    gains: difference(cells.scores),
    predictedGains: difference(cells.predictedQuality),
    lengths: promptLengths === null ? null : Float64Array.from(rows, (row) => promptLengths[row] ?? 0),
  };
}

export function rankByScore(scores: Float64Array): Ranking {
  const order = Int32Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const endsBlock = Uint8Array.from(order, (row, place) =>
    place + 1 === order.length || scores[row] !== scores[order[place + 1] ?? -1] ? 1 : 0,
  );
  return { order, endsBlock };
}

/**
 * APGR and CPT of a ranking on weighted rows. PGR rises linearly within a block, so both are exact rather than sums over
 * ten thresholds. All null where the strong model is not the better one on these rows.
 */
export function measureRanking(
  duel: Duel,
  { order, endsBlock }: Ranking,
  weights: RowWeights,
): TwoModelFigures {
  let rows = 0;
  let gap = 0;
  for (const [index, row] of duel.rows.entries()) {
    const weight = weights[row] ?? 0;
    rows += weight;
    gap += weight * (duel.gains[index] ?? 0);
  }
  if (!(gap > 0)) return { apgr: null, cpt50: null, cpt80: null };
  const crossings = { half: null as number | null, most: null as number | null };
  let apgr = 0;
  let before = { share: 0, pgr: 0 };
  let [called, gained] = [0, 0];
  for (const [place, index] of order.entries()) {
    const weight = weights[duel.rows[index] ?? -1] ?? 0;
    called += weight;
    gained += weight * (duel.gains[index] ?? 0);
    if (endsBlock[place] === 0) continue;
    const after = { share: called / rows, pgr: gained / gap };
    apgr += ((before.pgr + after.pgr) / 2) * (after.share - before.share);
    crossings.half ??= crossing(before, after, 0.5);
    crossings.most ??= crossing(before, after, 0.8);
    before = after;
  }
  return { apgr, cpt50: crossings.half, cpt80: crossings.most };
}

interface Recovered {
  readonly share: number;
  readonly pgr: number;
}

function crossing(before: Recovered, after: Recovered, level: number): number | null {
  if (after.pgr < level) return null;
  return before.share + ((level - before.pgr) / (after.pgr - before.pgr)) * (after.share - before.share);
}

/** The score of the control that routes by prompt length alone. */
export function lengthScores(lengths: Float64Array, longNeedStrong: boolean): Float64Array {
  return lengths.map((length) => (longNeedStrong ? length : -length));
}

/** Whether sending long prompts to the strong model beats sending short ones; null where there is no duel or no length. */
export function longPromptsNeedStrong(
  cells: Cells,
  singles: readonly SingleModel[],
  strong: string,
): boolean | null {
  const duel = duelOf(cells, singles, strong);
  if (duel === null || duel.lengths === null) return null;
  const ranking = rankByScore(lengthScores(duel.lengths, true));
  const { apgr } = measureRanking(duel, ranking, onesFor(cells.rows));
  return apgr === null || apgr >= 0.5;
}

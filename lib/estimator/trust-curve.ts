/** What a prediction was worth on one row. */
export interface TrustObservation {
  readonly familiarity: number;
  /** Squared length of what the prediction says beyond each model's mean. */
  readonly predicted: number;
  /** Its inner product with what was measured beyond each model's mean. */
  readonly agreement: number;
}

/** How far to trust predictions: piecewise linear in familiarity, flat beyond both ends. */
export interface TrustCurve {
  /** Ascending, at least one. */
  readonly familiarity: readonly number[];
  /** Never falling, in [0, 1]. */
  readonly trust: readonly number[];
}

/** Points of a curve at most, and rows behind each at least: one row says next to nothing. */
const MOST_BINS = 8;
const LEAST_ROWS = 100;

/**
 * The curve that never falls and comes closest, in squared error, to what was measured: in bins of about equally many rows, the
 * factor t that minimises |measured - t * predicted|^2, pooled where it would fall.
 * null for fewer than `LEAST_ROWS` observations.
 */
export function fitTrustCurve(observations: readonly TrustObservation[]): TrustCurve | null {
  const bins = Math.min(MOST_BINS, Math.floor(observations.length / LEAST_ROWS));
  if (bins === 0) return null;
  const sorted = observations.toSorted((a, b) => a.familiarity - b.familiarity);
  const edge = (bin: number) => Math.floor((bin * sorted.length) / bins);
  const blocks: Block[] = [];
  for (let bin = 0; bin < bins; ++bin) {
    let block = blockOf(sorted.slice(edge(bin), edge(bin + 1)));
    for (
      let last = blocks.at(-1);
      last !== undefined && trustIn(last) >= trustIn(block);
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = join(last, block);
    }
    blocks.push(block);
  }
  const points = blocks.flatMap((block) =>
    block.centres.map((centre) => ({ centre, trust: trustIn(block) })),
  );
  const distinct = points.filter(
    ({ centre }, at) => centre > (points[at - 1]?.centre ?? Number.NEGATIVE_INFINITY),
  );
  return {
    familiarity: distinct.map(({ centre }) => centre),
    trust: distinct.map(({ trust }) => Math.min(1, Math.max(0, trust))),
  };
}

/** The value of a curve. */
export function trustAt({ familiarity, trust }: TrustCurve, value: number): number {
  const above = familiarity.findIndex((at) => at >= value);
  if (above === 0) return trust[0] ?? 0;
  if (above < 0) return trust.at(-1) ?? 0;
  const [left, right] = [familiarity[above - 1] ?? 0, familiarity[above] ?? 0];
  const [low, high] = [trust[above - 1] ?? 0, trust[above] ?? 0];
  return low + ((value - left) / (right - left)) * (high - low);
}

interface Block {
  /** Mean familiarity of every bin in the block. */
  readonly centres: readonly number[];
  readonly predicted: number;
  readonly agreement: number;
}

function blockOf(rows: readonly TrustObservation[]): Block {
  const sum = (of: (row: TrustObservation) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    centres: [sum(({ familiarity }) => familiarity) / rows.length],
    predicted: sum(({ predicted }) => predicted),
    agreement: sum(({ agreement }) => agreement),
  };
}

/** Predictions that say nothing beyond the means can be trusted as they are. */
function trustIn({ predicted, agreement }: Block): number {
  return predicted > 0 ? agreement / predicted : 1;
}

function join(a: Block, b: Block): Block {
  return {
    centres: [...a.centres, ...b.centres],
    predicted: a.predicted + b.predicted,
    agreement: a.agreement + b.agreement,
  };
}

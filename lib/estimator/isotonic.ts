import type { CalibrationCurve, CalibrationPairs } from './calibration-curves.ts';

interface Block {
  /** Sum of the predictions in the block. */
  predicted: number;
  measured: number;
  count: number;
}

/**
 * Isotonic regression by pooling adjacent violators (Zadrozny and Elkan 2002): the function that never falls and is closest
 * to the scores in squared error, interpolated between the means of its blocks.
 */
export function fitIsotonic({ predicted, measured }: CalibrationPairs): CalibrationCurve {
  if (predicted.length === 0) return (value) => value;
  const order = Array.from(predicted.keys()).sort((a, b) => (predicted[a] ?? 0) - (predicted[b] ?? 0));
  const blocks: Block[] = [];
  for (const i of order) {
    let block: Block = { predicted: predicted[i] ?? 0, measured: measured[i] ?? 0, count: 1 };
    for (let last = blocks.at(-1); last !== undefined && mustJoin(last, block); last = blocks.at(-1)) {
      blocks.pop();
      block = join(last, block);
    }
    blocks.push(block);
  }
  const x = blocks.map((block) => block.predicted / block.count);
  const y = blocks.map((block) => block.measured / block.count);
  return (value) => interpolate(x, y, value);
}

function mustJoin(last: Block, next: Block): boolean {
  return last.measured / last.count >= next.measured / next.count;
}

function join(a: Block, b: Block): Block {
  return {
    predicted: a.predicted + b.predicted,
    measured: a.measured + b.measured,
    count: a.count + b.count,
  };
}

/** Flat beyond the first and the last point. */
function interpolate(x: readonly number[], y: readonly number[], value: number): number {
  const above = x.findIndex((at) => at >= value);
  if (above === 0) return y[0] ?? 0;
  if (above < 0) return y.at(-1) ?? 0;
  const [left, right] = [x[above - 1] ?? 0, x[above] ?? 0];
  const share = right > left ? (value - left) / (right - left) : 1;
  return (y[above - 1] ?? 0) + share * ((y[above] ?? 0) - (y[above - 1] ?? 0));
}

/** A point of the plane of mean cost and mean quality. */
export interface Point {
  readonly costUsd: number;
  readonly quality: number;
}

/**
 * The non-decreasing concave hull of points: what is reached at each mean cost by mixing two of them at random, or by
 * spending less. Vertices by rising cost and strictly rising quality; the first is the cheapest point (of equally cheap
 * ones the best). Flat beyond the last vertex.
 */
export function concaveHull<P extends Point>(points: readonly P[]): P[] {
  const sorted = [...points].sort((a, b) => a.costUsd - b.costUsd || b.quality - a.quality);
  const hull: P[] = [];
  for (const point of sorted) {
    const last = hull[hull.length - 1];
    if (last !== undefined && point.quality <= last.quality) continue;
    while (hull.length >= 2 && !isConcave(hull[hull.length - 2], hull[hull.length - 1], point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** Whether b lies strictly above the line from a to c, for costs that rise from a to c. */
function isConcave(a: Point | undefined, b: Point | undefined, c: Point): boolean {
  if (a === undefined || b === undefined) return true;
  const toB = (b.quality - a.quality) * (c.costUsd - a.costUsd);
  const toC = (c.quality - a.quality) * (b.costUsd - a.costUsd);
  return toB > toC;
}

/**
 * Mean of a hull's height over costs from `fromUsd` to `toUsd`; its height at `fromUsd` if the two are equal. Left of the
 * first vertex the height is that of the first vertex: callers see to it that the hull starts at or before `fromUsd`.
 * @param ceiling heights above it count as it.
 */
export function meanHeight(
  hull: readonly Point[],
  fromUsd: number,
  toUsd: number,
  ceiling = Number.POSITIVE_INFINITY,
): number {
  const [first] = hull;
  if (first === undefined) return Number.NaN;
  if (toUsd <= fromUsd) return Math.min(ceiling, heightAt(hull, fromUsd));
  let area = Math.max(0, Math.min(toUsd, first.costUsd) - fromUsd) * Math.min(ceiling, first.quality);
  let left = first;
  for (const right of hull.slice(1)) {
    area += segmentArea(left, right, fromUsd, toUsd, ceiling);
    left = right;
  }
  area += Math.max(0, toUsd - Math.max(fromUsd, left.costUsd)) * Math.min(ceiling, left.quality);
  return area / (toUsd - fromUsd);
}

/** Area under the part of a rising segment that lies between two costs, cut at `ceiling`. */
function segmentArea(left: Point, right: Point, fromUsd: number, toUsd: number, ceiling: number): number {
  const from = Math.max(fromUsd, left.costUsd);
  const to = Math.min(toUsd, right.costUsd);
  if (to <= from) return 0;
  const slope = (right.quality - left.quality) / (right.costUsd - left.costUsd);
  const low = left.quality + slope * (from - left.costUsd);
  const high = left.quality + slope * (to - left.costUsd);
  if (high <= ceiling) return ((low + high) / 2) * (to - from);
  if (low >= ceiling) return ceiling * (to - from);
  const rising = (ceiling - low) / slope;
  return ((low + ceiling) / 2) * rising + ceiling * (to - from - rising);
}

/** Height at a mean cost; see `meanHeight` for costs off the ends. */
export function heightAt(hull: readonly Point[], costUsd: number): number {
  let left = hull[0];
  if (left === undefined) return Number.NaN;
  for (const right of hull.slice(1)) {
    if (costUsd <= left.costUsd) break;
    if (costUsd < right.costUsd) {
      const share = (costUsd - left.costUsd) / (right.costUsd - left.costUsd);
      return left.quality + share * (right.quality - left.quality);
    }
    left = right;
  }
  return left.quality;
}

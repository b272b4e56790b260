import { interval95 } from './bootstrap.ts';
import { heightAt, type Point } from './hull.ts';

/** The middle 95 % of a hull's heights at one mean cost. */
export interface CurveBand {
  readonly costUsd: number;
  readonly low: number;
  readonly high: number;
}

const kSteps = 48;

/** Collects a hull's heights over a range of mean costs, resample by resample. */
export class CurveHeights {
  readonly #costsUsd: readonly number[];
  readonly #heights: readonly number[][];

  constructor(fromUsd: number, toUsd: number) {
    const ends = toUsd > fromUsd ? kSteps : 0;
    this.#costsUsd = Array.from(
      { length: ends + 1 },
      (_, step) => fromUsd + ((toUsd - fromUsd) * step) / Math.max(1, ends),
    );
    this.#heights = this.#costsUsd.map(() => []);
  }

  add(hull: readonly Point[]): void {
    for (const [step, costUsd] of this.#costsUsd.entries())
      this.#heights[step]?.push(heightAt(hull, costUsd));
  }

  band(): CurveBand[] {
    return this.#costsUsd.flatMap((costUsd, step) => {
      const interval = interval95(this.#heights[step] ?? []);
      return interval === null ? [] : { costUsd, low: interval[0], high: interval[1] };
    });
  }
}

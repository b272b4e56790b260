import type { Areas } from './areas.ts';
import type { Interval } from './bootstrap.ts';
import type { Contest } from './contest.ts';
import type { RowWeights } from './outcome.ts';

/** What a figure counts in: a share or a quality in [0, 1] as a rule, an error of a prediction, USD per prompt. */
export type FigureUnit = 'share' | 'quality' | 'error' | 'usd';

export interface FigureSpec {
  /** By which JSON, CSV and comparisons know it: stable. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly unit: FigureUnit;
  /** null where neither is: a coverage should be what was asked for. */
  readonly better: 'higher' | 'lower' | null;
}

/** All rows, or one bootstrap resample of them. */
export interface Sample {
  readonly weights: RowWeights;
  readonly areas: Areas;
}

/** A value is null where the figure is not defined on the sample, such as a share of a gap that is not there. */
export type FigureValue = number | null;

export interface PreparedMetric {
  readonly figures: readonly FigureSpec[];
  /** One value per figure, in their order. Called once a resample: what does not depend on weights is done before. */
  measure(sample: Sample): readonly FigureValue[];
}

/** Something that evaluations measure; null where it does not apply to the contest. */
export type Metric = (contest: Contest) => PreparedMetric | null;

export interface Figure extends FigureSpec {
  readonly value: FigureValue;
  /** 95 % bootstrap interval; null where there is none, by request or because no resample defines the figure. */
  readonly interval: Interval | null;
}

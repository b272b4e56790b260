import type { SweptPolicyKind } from '../policy/policy.ts';
import type { MeanOfModel, PolicyArea } from './areas.ts';
import type { Interval } from './bootstrap.ts';
import type { SourceResult } from './by-source.ts';
import type { CsrLevel } from './csr.ts';
import type { Point } from './hull.ts';
import type { PredictionErrors } from './prediction.ts';

/** A policy's setting as JSON can hold it: a tolerance, or a cost weight in quality per USD. */
export type Setting = number | 'Infinity';

export interface CurvePoint extends Point {
  readonly policy: SweptPolicyKind;
  readonly setting: Setting;
}

/** A setting taken to keep a share of the best single model's quality, and what it did on the evaluated rows. */
export interface CsrChoice extends CurvePoint {
  /** 1 - cost / cost of the best single model. */
  readonly saving: number;
  /** Quality over that of the best single model: may fall short of the level where the setting was chosen elsewhere. */
  readonly qualityShare: number;
}

export type CsrChoices = Readonly<Record<CsrLevel, CsrChoice | null>>;

/** What an evaluation found. Plain data; nothing in it is lost by `JSON.stringify`. */
export interface Evaluation {
  readonly rows: number;
  readonly models: readonly string[];
  readonly controls: {
    readonly cheapest: MeanOfModel;
    readonly best: MeanOfModel;
    /** Any model, each equally often. */
    readonly random: Point;
    /** Each source's best single model; it uses the source, which no router sees. */
    readonly bestPerSource: Point & { readonly usesSource: true };
    /** The best static mix of the models at each mean cost. */
    readonly zero: { readonly area: number };
    /** The cheapest of each row's best models; `area` is that of the best choice at every mean cost. */
    readonly oracle: Point & { readonly area: number };
    /** Every model by itself. */
    readonly single: readonly MeanOfModel[];
  };
  /** Areas are mean heights over this range of mean costs per request. */
  readonly costRange: { readonly fromUsd: number; readonly toUsd: number };
  /** The policy that `area`, `gapClosed`, `csr` and `operatingPoint` speak of. */
  readonly policy: SweptPolicyKind;
  readonly area: number;
  readonly gapClosed: number | null;
  readonly policies: Readonly<Record<SweptPolicyKind, PolicyArea>>;
  /** Savings at the cheapest setting that keeps the share of quality; null where none does. */
  readonly csr: Readonly<Record<CsrLevel, number | null>>;
  /** On which rows the settings of `csr` were chosen. 'test': on the evaluated rows themselves, so too favourable. */
  readonly csrChosenOn: 'test' | 'validation';
  readonly csrChoices: CsrChoices;
  /** Chosen on the evaluated rows, whatever `csrChosenOn`. */
  readonly csrChoicesOnTest: CsrChoices;
  /** The setting that the table by source uses: that of csr "1", else the one of the highest quality. */
  readonly operatingPoint: CurvePoint;
  readonly prediction: PredictionErrors;
  readonly curve: readonly CurvePoint[];
  readonly sources: readonly SourceResult[];
  /** 95 % bootstrap intervals over prompts; null where not asked for. Settings and the best model are held fixed for csr. */
  readonly intervals: EvaluationIntervals | null;
  readonly notes: readonly string[];
}

export interface EvaluationIntervals {
  readonly resamples: number;
  readonly seed: number;
  readonly area: Interval | null;
  readonly gapClosed: Interval | null;
  readonly csr: Readonly<Record<CsrLevel, Interval | null>>;
  /** Of the operating point and of the controls it stands beside. */
  readonly quality: {
    readonly router: Interval | null;
    readonly cheapest: Interval | null;
    readonly best: Interval | null;
  };
}

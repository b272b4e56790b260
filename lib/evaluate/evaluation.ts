import type { CoverageReport } from '../calibration/coverage.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import type { PolicyArea } from './areas.ts';
import type { SourceResult } from './by-source.ts';
import type { CsrLevel } from './csr.ts';
import type { CurveBand } from './curve-band.ts';
import type { Point } from './hull.ts';
import type { Figure } from './metric.ts';
import type { PredictionErrors } from './prediction.ts';
import type { Reliability } from './reliability.ts';
import type { MeanOfModel } from './singles.ts';
import type { StaticMix } from './static-mix.ts';

/** A policy's setting as JSON can hold it: a tolerance, or a cost weight in quality per USD. */
export type Setting = number | 'Infinity';

export interface CurvePoint extends Point {
  readonly policy: SweptPolicyKind;
  readonly setting: Setting;
}

export interface SweptPoint extends CurvePoint {
  /** Share of the rows that each model answers, in the order of the models. */
  readonly shares: readonly number[];
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
    readonly zero: { readonly area: number; readonly mixes: Readonly<Record<CsrLevel, StaticMix>> };
    /** Static mixes as validation rows chose them, over the models on their hull; null without validation rows. */
    readonly staticMix: {
      readonly area: number;
      readonly models: readonly string[];
      readonly mixes: Readonly<Record<CsrLevel, StaticMix>>;
    } | null;
    /**
     * A router that predicts each source's mean scores on the validation rows, at the costs that the router at hand
     * predicts: what a router gains above it, it knows of single prompts. It uses the source, which no router sees. null
     * without validation rows, where they and the evaluated rows have fewer than two sources in common, or where a model has
     * no score in them.
     */
    readonly sourcePrior: (Pick<PolicyArea, 'area' | 'gapClosed'> & { readonly usesSource: true }) | null;
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
  readonly reliability: Reliability;
  /** Of the prediction intervals, by model and over all; null where the input has none. */
  readonly coverage: (CoverageReport & { readonly nominal: number }) | null;
  /** Every setting of both policies. */
  readonly curve: readonly SweptPoint[];
  readonly sources: readonly SourceResult[];
  /** Every metric by name, with its 95 % bootstrap interval. */
  readonly figures: Readonly<Record<string, Figure>>;
  /** 95 % bootstrap band of the headline policy's hull over the range of costs; empty without a bootstrap. */
  readonly band: readonly CurveBand[];
  /** How intervals were made: by drawing groups of prompts. null where none were asked for. */
  readonly bootstrap: { readonly resamples: number; readonly seed: number; readonly groups: number } | null;
  readonly notes: readonly string[];
}

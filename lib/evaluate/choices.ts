import type { SweptPolicyKind } from '../policy/policy.ts';
import type { SweptSettings } from './contest.ts';
import type { SingleModel } from './controls.ts';
import { byLevel, type CsrLevel, cheapestSettings, type SettingPerLevel } from './csr.ts';
import { concaveHull } from './hull.ts';
import type { Cells } from './input.ts';
import { meanOutcome, onesFor, type RowWeights } from './outcome.ts';
import { rankSingles } from './singles.ts';
import { cheapestMix, type StaticMix } from './static-mix.ts';
import type { SweptSetting } from './sweep.ts';
import { longPromptsNeedStrong } from './two-models.ts';

/** All that can be chosen on one set of rows and then held against another. Settings are indices into the sweeps. */
export interface Choices {
  /** The best single model. */
  readonly best: string;
  /** Of the headline policy: the cheapest setting that keeps a share of the best single model's quality. */
  readonly settings: SettingPerLevel;
  /** Of each policy: the settings on its hull, which a user would pick among. */
  readonly hullSettings: Readonly<Record<SweptPolicyKind, readonly number[]>>;
  /** The models on the hull of the single models: what the best static mixes are made of. */
  readonly mixModels: readonly string[];
  /** The cheapest static mix that keeps a share of the best single model's quality. */
  readonly mixes: Readonly<Record<CsrLevel, StaticMix>>;
  /** Which way round prompt length is the better score of two models; null with other numbers of models. */
  readonly longNeedStrong: boolean | null;
}

export function makeChoices(
  cells: Cells,
  singles: readonly SingleModel[],
  swept: SweptSettings,
  policy: SweptPolicyKind,
): Choices {
  const weights = onesFor(cells.rows);
  const { means, best } = rankSingles(singles, weights);
  const mixHull = concaveHull(means);
  return {
    best: best.model,
    settings: cheapestSettings(swept[policy], weights, best),
    hullSettings: {
      utility: settingsOnHull(swept.utility, weights),
      tolerance: settingsOnHull(swept.tolerance, weights),
    },
    mixModels: mixHull.map(({ model }) => model),
    mixes: byLevel((level) => cheapestMix(mixHull, Number(level) * best.quality)),
    longNeedStrong: longPromptsNeedStrong(cells, singles, best.model),
  };
}

function settingsOnHull(swept: readonly SweptSetting[], weights: RowWeights): number[] {
  const points = swept.map(({ outcome }, index) => ({ index, ...meanOutcome(outcome, weights) }));
  return concaveHull(points).map(({ index }) => index);
}

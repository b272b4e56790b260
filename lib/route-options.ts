import {
  checkBoolean,
  checkChoice,
  checkInteger,
  checkModel,
  checkNames,
  checkNumber,
  checkOpenShare,
  describe,
} from './check.ts';
import type { Constraints, Requirements } from './constraints.ts';
import { PointsmanError } from './errors.ts';
import type { Exploration } from './explore.ts';
import { type Modality, modalities } from './model-facts.ts';
import { checkDeadline, withDefault } from './options.ts';
import {
  isStatic,
  type SettingPolicySpec,
  type StaticStrategy,
  type SweptPolicySpec,
  type ThresholdStrategy,
  thresholdStrategies,
} from './policy/policy.ts';
import { type MeasuredPreferences, type PreferenceWord, preferenceWords } from './policy/preference-words.ts';

/** Settings of the `guarded` policy. */
export interface GuardOptions {
  /** The model to leave only on evidence. @default the router's best single model that the constraints allow */
  readonly anchor?: string;
  /** Above 0 and below 1: with this probability over the calibration set the bound holds. @default 0.95 */
  readonly confidence?: number;
  /** From 0 and below 1: mean quality over all prompts that may be lost against the anchor. @default 0.01 */
  readonly maxLoss?: number;
}

/** Epsilon exploration: a share of requests goes to a model at random, so that feedback tells of all models. */
export interface ExploreOptions {
  /** From 0 to 1: the share of requests for which any model that satisfies the constraints is as likely as the others. */
  readonly rate: number;
  /** A whole number. What is drawn then follows from it and the prompt alone. @default none: a fresh draw every time */
  readonly seed?: number;
}

/** Who serves preferences: the router's policy network, or the predictions alone. */
export const preferenceServers = ['network', 'predictions'] as const;
export type PreferenceServer = (typeof preferenceServers)[number];

/** What quality and cost count for. */
export interface WeightedPreference {
  /** At least 0; not 0 where `cost` is. */
  readonly quality: number;
  /** At least 0. */
  readonly cost: number;
  /**
   * 'network' needs a router that was trained with a policy network. @default 'network' where the router has one that did better
   * than predictions on rows it was not trained on, else 'predictions'
   */
  readonly by?: PreferenceServer;
  /**
   * Draw the model by the policy network's probabilities instead of taking the most probable one; the decision states the
   * probability, for learning from it later. @default false
   */
  readonly sample?: boolean;
}

/** Weights, or a word for a measured setting. */
export type Preference = PreferenceWord | WeightedPreference;

export interface RouteOptions {
  /**
   * IPR's tau in [0, 1]: how far below the best predicted quality the chosen model may be, as a share of it.
   * 0 takes the best predicted model, 1 the cheapest.
   * @default without tolerance, costWeight or guard, the router's own policy
   */
  readonly tolerance?: number;
  /**
   * With `tolerance`: what the share is of. Of the prompt's best prediction ('dynamic-max') or of the way from it to the
   * worst one ('dynamic-minmax'), or the same with the mean best and worst of the router's calibration set ('static-max',
   * 'static-minmax'). @default 'dynamic-max'
   */
  readonly thresholdStrategy?: ThresholdStrategy;
  /** With `tolerance`: IPR's delta in [0, 1], subtracted from the quality a model must reach. @default 0 */
  readonly safetyMargin?: number;
  /** Instead of `tolerance`: quality that one USD must buy, >= 0; the policy is then `utility`. */
  readonly costWeight?: number;
  /**
   * Instead of `tolerance`, what quality and cost count for, LLM Bandit's omega: of the models at choice the one with the highest
   * quality * (its predicted quality / the best) - cost * (its cost / the dearest). In plain words: 'best', 'balanced' or 'cheapest'
   * are settings of the router's own curve, measured on training rows that were held out.
   */
  readonly preference?: Preference;
  /**
   * Instead of `tolerance`: take the anchor, and a cheaper model only where the router's calibration set vouches, at
   * `confidence`, that the mean quality over all prompts is at most `maxLoss` below the anchor's; {} for all defaults.
   */
  readonly guard?: GuardOptions;
  /** Models up for choice. @default all of the router's */
  readonly candidates?: readonly string[];
  /** Models that are not. @default none */
  readonly exclude?: readonly string[];
  /** Hard limit on the predicted cost in USD, whatever the policy. @default none */
  readonly maxCostUsd?: number;
  /** How many tokens of this prompt the provider has cached, 0 or more: charged at its cached-input price. @default 0 */
  readonly cachedInputTokens?: number;
  /**
   * What the model must be able to do, by the facts of models.json and of the router option `models`. A model is excluded
   * where it cannot, and where nobody stated whether it can. Without it, only a known context window too small for the
   * prompt excludes a model. @default {}
   */
  readonly requires?: Requirements;
  /**
   * Try models at random, never against a constraint; `decision.probability` says how probable the model was. Not with
   * `guard`, whose promise is of its own choices; without effect beside `pin` and `dryRun`. @default none
   */
  readonly explore?: ExploreOptions;
  /** This model, whatever the policy and the constraints: the decision shows what they would have done. */
  readonly pin?: string;
  /**
   * Shadow mode: `decision.model` is the model that would answer without a router (`pin`, else `guard.anchor`, else
   * `fallbackModel`, else the router's best single model), `decision.wouldRoute` what the policy chose. @default false
   */
  readonly dryRun?: boolean;
  /**
   * Milliseconds, more than 0, in which the decision is of use; Infinity for no limit. A request that cannot make it is
   * answered with the fallback model at once; one that turns out not to, at its deadline.
   * @default 150, or the router option of this name; Infinity for `routeMany`
   */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A policy as the caller asks for it; `PolicyEvidence` adds what the router's calibration set says. */
export type PolicyRequest = SettingPolicySpec | StaticToleranceRequest | GuardRequest | NetworkPreference;

export interface StaticToleranceRequest {
  readonly kind: 'static-tolerance';
  readonly tolerance: number;
  readonly safetyMargin: number;
  readonly strategy: StaticStrategy;
}

/** A preference for the router's policy network. */
export interface NetworkPreference {
  readonly kind: 'network-preference';
  /** As that of `PreferencePolicy`, finite. */
  readonly costWeight: number;
  readonly sample: boolean;
}

export interface GuardRequest {
  readonly kind: 'guard';
  /** null: the router's best single model. */
  readonly anchor: string | null;
  readonly confidence: number;
  readonly maxLoss: number;
}

/** Route options with defaults filled in and every value checked. */
export interface ResolvedRouteOptions {
  readonly policy: PolicyRequest;
  readonly constraints: Constraints;
  readonly cachedInputTokens: number;
  readonly explore: ResolvedExploration | null;
  readonly pin: string | null;
  readonly dryRun: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | null;
}

export interface ResolvedExploration extends Exploration {
  readonly seed: number | null;
}

/** What holds of a request that does not say otherwise. */
export interface RouteDefaults {
  readonly policy: SweptPolicySpec;
  /** What the words of `preference` stand for; null in routers of earlier versions. */
  readonly preferences: MeasuredPreferences | null;
  /** Who serves weights where the caller does not say; null: the router has no policy network. @default null */
  readonly preferenceServer?: PreferenceServer | null;
  readonly deadlineMs: number;
}

const infinity = Number.POSITIVE_INFINITY;
const maxTokens = Number.MAX_SAFE_INTEGER;
const optionNames: readonly (keyof RouteOptions)[] = [
  'tolerance',
  'thresholdStrategy',
  'safetyMargin',
  'costWeight',
  'preference',
  'guard',
  'candidates',
  'exclude',
  'maxCostUsd',
  'cachedInputTokens',
  'requires',
  'explore',
  'pin',
  'dryRun',
  'deadlineMs',
  'signal',
];
const preferenceNames: readonly (keyof WeightedPreference)[] = ['quality', 'cost', 'by', 'sample'];
const exploreNames: readonly (keyof ExploreOptions)[] = ['rate', 'seed'];
const guardNames: readonly (keyof GuardOptions)[] = ['anchor', 'confidence', 'maxLoss'];
const requirementNames: readonly (keyof Requirements)[] = [
  'inputTokens',
  'outputTokens',
  'modalities',
  'tools',
  'jsonMode',
];

export function resolveRouteOptions(
  options: RouteOptions,
  models: readonly string[],
  defaults: RouteDefaults,
): ResolvedRouteOptions {
  checkNames(options, optionNames, 'route option');
  const maxCostUsd = checkNumber('maxCostUsd', withDefault(options.maxCostUsd, infinity), 0, infinity);
  if (options.pin !== undefined) checkModel(options.pin, models);
  return Object.freeze({
    policy: resolvePolicy(options, models, defaults),
    constraints: Object.freeze({
      candidates: resolveCandidates(options.candidates, models),
      exclude: resolveModels('exclude', options.exclude ?? [], models),
      maxCostUsd: maxCostUsd === infinity ? null : maxCostUsd,
      requires: resolveRequirements(options.requires),
    }),
    cachedInputTokens: checkNumber(
      'cachedInputTokens',
      withDefault(options.cachedInputTokens, 0),
      0,
      maxTokens,
    ),
    explore: resolveExploration(options),
    pin: options.pin ?? null,
    dryRun: options.dryRun === undefined ? false : checkBoolean('dryRun', options.dryRun),
    deadlineMs: checkDeadline(options.deadlineMs, defaults.deadlineMs),
    signal: options.signal ?? null,
  });
}

function resolvePolicy(
  options: RouteOptions,
  models: readonly string[],
  defaults: RouteDefaults,
): PolicyRequest {
  const { tolerance, costWeight, preference, guard, thresholdStrategy, safetyMargin } = options;
  const asked = [tolerance, costWeight, preference, guard].filter((option) => option !== undefined);
  if (asked.length > 1) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'pass only one of tolerance, costWeight, preference and guard: each is a policy of its own',
    );
  }
  if (tolerance === undefined && (thresholdStrategy !== undefined || safetyMargin !== undefined)) {
    const name = thresholdStrategy !== undefined ? 'thresholdStrategy' : 'safetyMargin';
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `${name} needs a tolerance: it says what that is of`);
  }
  if (tolerance !== undefined) return resolveTolerance(tolerance, options);
  if (guard !== undefined) return resolveGuard(guard, models);
  if (preference !== undefined) return resolvePreference(preference, defaults);
  if (costWeight === undefined) return defaults.policy;
  const weight = checkNumber('costWeight', costWeight, 0, infinity);
  return { kind: 'utility', costWeight: weight === infinity ? 'Infinity' : weight };
}

function resolveExploration({ explore, guard }: RouteOptions): ResolvedExploration | null {
  if (explore === undefined) return null;
  checkNames(explore, exploreNames, 'explore option');
  const { seed = null } = explore;
  const rate = checkNumber('explore.rate', explore.rate, 0, 1);
  if (seed !== null) checkInteger('explore.seed', seed, -maxTokens, maxTokens);
  if (rate === 0) return null;
  if (guard !== undefined) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'pass explore or guard, not both: the bound that a guard promises does not hold for models tried at random',
    );
  }
  return Object.freeze({ rate, seed });
}

function resolvePreference(preference: unknown, defaults: RouteDefaults): PolicyRequest {
  const measured = defaults.preferences;
  if (typeof preference === 'string') {
    const word = checkChoice('preference', preference, preferenceWords);
    if (measured !== null) return measured[word].policy;
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `preference "${word}": an earlier version trained this router and measured no settings for words: pass weights, such as { quality: 1, cost: 0.5 }, or train it anew`,
    );
  }
  if (typeof preference !== 'object' || preference === null) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `preference must be ${preferenceWords.join(', ')} or { quality, cost }, got ${describe(preference)}`,
    );
  }
  checkNames(preference, preferenceNames, 'preference');
  const { quality, cost } = preference as Partial<Record<keyof WeightedPreference, unknown>>;
  const weights = {
    quality: checkNumber('preference.quality', quality, 0, Number.MAX_VALUE),
    cost: checkNumber('preference.cost', cost, 0, Number.MAX_VALUE),
  };
  if (weights.quality === 0 && weights.cost === 0) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'preference: quality and cost must not both count for nothing',
    );
  }
  const ratio = weights.cost / weights.quality;
  const { by, sample } = resolveServer(preference, defaults);
  if (ratio === infinity) return { kind: 'preference', costWeight: 'Infinity' }; // the cheapest, whoever is asked
  return by === 'network'
    ? { kind: 'network-preference', costWeight: ratio, sample }
    : { kind: 'preference', costWeight: ratio };
}

function resolveServer(
  { by: wanted, sample: drawn }: Partial<Record<keyof WeightedPreference, unknown>>,
  { preferenceServer = null }: RouteDefaults,
): { readonly by: PreferenceServer; readonly sample: boolean } {
  const sample = drawn === undefined ? false : checkBoolean('preference.sample', drawn);
  const usual = sample ? 'network' : (preferenceServer ?? 'predictions');
  const by = wanted === undefined ? usual : checkChoice('preference.by', wanted, preferenceServers);
  if (sample && by === 'predictions') {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'preference.sample draws by the policy network, so by cannot be "predictions"',
    );
  }
  if (by === 'network' && preferenceServer === null) {
    const option = sample ? 'sample' : 'by';
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `preference.${option} needs a policy network, which this router was trained without: train it with estimator "irt" and policyNetwork`,
    );
  }
  return { by, sample };
}

function resolveTolerance(tolerance: number, options: RouteOptions): PolicyRequest {
  const strategy =
    options.thresholdStrategy === undefined
      ? 'dynamic-max'
      : checkChoice('thresholdStrategy', options.thresholdStrategy, thresholdStrategies);
  const settings = {
    tolerance: checkNumber('tolerance', tolerance, 0, 1),
    safetyMargin: checkNumber('safetyMargin', withDefault(options.safetyMargin, 0), 0, 1),
  };
  return isStatic(strategy)
    ? { kind: 'static-tolerance', strategy, ...settings }
    : { kind: 'tolerance', strategy, ...settings };
}

function resolveGuard(guard: GuardOptions, models: readonly string[]): PolicyRequest {
  checkNames(guard, guardNames, 'guard option');
  if (guard.anchor !== undefined) checkModel(guard.anchor, models);
  const maxLoss = checkNumber('guard.maxLoss', withDefault(guard.maxLoss, 0.01), 0, 1);
  if (maxLoss === 1) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'guard.maxLoss must be below 1: quality is from 0 to 1, so a loss of 1 bounds nothing',
    );
  }
  return {
    kind: 'guard',
    anchor: guard.anchor ?? null,
    confidence: checkOpenShare('guard.confidence', withDefault(guard.confidence, 0.95)),
    maxLoss,
  };
}

function resolveCandidates(
  candidates: readonly string[] | undefined,
  models: readonly string[],
): readonly string[] | null {
  if (candidates === undefined) return null;
  const checked = resolveModels('candidates', candidates, models);
  if (checked.length > 0) return checked;
  throw new PointsmanError(
    'ERR_NO_CANDIDATE',
    'candidates is empty: name at least one model, or leave it out for all',
  );
}

function resolveModels(name: string, ids: unknown, models: readonly string[]): readonly string[] {
  if (!Array.isArray(ids)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `${name} must be an array of model ids, got ${describe(ids)}`,
    );
  }
  for (const id of ids) checkModel(id, models);
  return Object.freeze([...ids]);
}

function resolveRequirements(requires: Requirements | undefined): Requirements {
  if (requires === undefined) return Object.freeze({});
  checkNames(requires, requirementNames, 'requirement');
  const { inputTokens, outputTokens, modalities: needed, tools, jsonMode } = requires;
  return Object.freeze({
    ...(inputTokens === undefined ? {} : { inputTokens: checkTokens('requires.inputTokens', inputTokens) }),
    ...(outputTokens === undefined
      ? {}
      : { outputTokens: checkTokens('requires.outputTokens', outputTokens) }),
    ...(needed === undefined ? {} : { modalities: checkModalities(needed) }),
    ...(tools === undefined ? {} : { tools: checkBoolean('requires.tools', tools) }),
    ...(jsonMode === undefined ? {} : { jsonMode: checkBoolean('requires.jsonMode', jsonMode) }),
  });
}

function checkTokens(name: string, value: unknown): number {
  return checkInteger(name, value, 0, maxTokens);
}

function checkModalities(needed: unknown): readonly Modality[] {
  if (Array.isArray(needed))
    return Object.freeze(needed.map((one) => checkChoice('requires.modalities', one, modalities)));
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `requires.modalities must be an array of ${modalities.join(', ')}, got ${describe(needed)}`,
  );
}

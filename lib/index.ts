/** Pointsman: an in-process LLM prompt router. Everything public is listed here by hand. */
export type { ManifestMetrics, RouterManifest } from './artifact/schema.ts';
export type { QualityInterval } from './calibration/conformal.ts';
export { type Coverage, type CoverageReport, coverageOf } from './calibration/coverage.ts';
export type { Constraints, Exclusion, Requirements } from './constraints.ts';
export type { LogPrediction, PredictedAmount } from './cost/log-prediction.ts';
export type { ModelCost, PerRequestCost, PerTokenCost, PromptTokens } from './cost/model-cost.ts';
export type { Price, PriceSource, PriceTier } from './cost/price.ts';
export type {
  Candidate,
  Decision,
  FallbackDecision,
  InputTokens,
  PredictionSource,
  RejectedDecision,
  RoutedDecision,
  Rule,
  Timings,
} from './decision.ts';
export { type ErrorCode, errorCodes, hasCode, PointsmanError } from './errors.ts';
export {
  type ExplainedCandidate,
  type Explanation,
  explain,
  type SettingChange,
  type SettingName,
  type SettingValue,
} from './explain.ts';
export type { Exploration } from './explore.ts';
export type { RouterFeedbackOptions } from './feedback/options.ts';
export type { FeedbackCounts, FeedbackDetails } from './feedback/store.ts';
export type { Modality, ModelFacts } from './model-facts.ts';
export type { Backend, Device, RouterOptions } from './options.ts';
export type {
  GuardedPolicy,
  NetworkPolicy,
  PolicyKind,
  PolicySpec,
  PreferencePolicy,
  QualityRange,
  SettingPolicySpec,
  SweptPolicyKind,
  SweptPolicySpec,
  ThresholdStrategy,
  TolerancePolicy,
  UtilityPolicy,
} from './policy/policy.ts';
export type { MeasuredPreferences, MeasuredSetting, PreferenceWord } from './policy/preference-words.ts';
export { replay } from './replay.ts';
export type {
  ExploreOptions,
  GuardOptions,
  Preference,
  PreferenceServer,
  RouteOptions,
  WeightedPreference,
} from './route-options.ts';
export { defaultRouterFolder, Router } from './router.ts';
export type { RouterStats } from './stats.ts';

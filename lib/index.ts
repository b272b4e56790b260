/** Pointsman: an in-process LLM prompt router. Everything public is listed here by hand. */
export type { ManifestMetrics, RouterManifest } from './artifact/schema.ts';
export type { LogPrediction, PredictedAmount } from './cost/log-prediction.ts';
export type { ModelCost, PerRequestCost, PerTokenCost, PromptTokens } from './cost/model-cost.ts';
export type { Price, PriceSource, PriceTier } from './cost/price.ts';
export type {
  Candidate,
  Decision,
  Exclusion,
  FallbackDecision,
  InputTokens,
  PredictionSource,
  RejectedDecision,
  RoutedDecision,
  Timings,
} from './decision.ts';
export { type ErrorCode, errorCodes, hasCode, PointsmanError } from './errors.ts';
export type { Backend, Device, RouteOptions, RouterOptions } from './options.ts';
export type { PolicyKind, PolicySpec } from './policy/policy.ts';
export { defaultRouterFolder, Router } from './router.ts';
export type { RouterStats } from './stats.ts';

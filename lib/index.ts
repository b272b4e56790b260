/** Pointsman: an in-process LLM prompt router. Everything public is listed here by hand. */
export type { ManifestMetrics, RouterManifest } from './artifact/schema.ts';
export type { ModelCost } from './cost/model-cost.ts';
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
export type { Backend, Device, Price, RouteOptions, RouterOptions } from './options.ts';
export type { PolicyKind, PolicySpec } from './policy/policy.ts';
export { defaultRouterFolder, Router } from './router.ts';
export type { RouterStats } from './stats.ts';

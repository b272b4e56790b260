import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { NativeHead } from '../bindings/addon.ts';
import { createHead } from '../bindings/engine.ts';
import { loadAddon } from '../bindings/load.ts';
import { packageRoot } from '../bindings/package-root.ts';
import { readArtifact } from './artifact/artifact.ts';
import { checkEncoder } from './artifact/check-encoder.ts';
import { findEncoder } from './artifact/encoder-files.ts';
import type { RouterManifest } from './artifact/schema.ts';
import { Batcher } from './batching/batcher.ts';
import { checkModel } from './check.ts';
import { checkPrompt } from './check-prompt.ts';
import { priceModels } from './cost/price-models.ts';
import { decide, type Prediction, type RoutableModel } from './decide.ts';
import type { Decision } from './decision.ts';
import { codeOf, hasCode, PointsmanError } from './errors.ts';
import {
  type Device,
  type ResolvedRouteOptions,
  type ResolvedRouterOptions,
  type RouteOptions,
  type RouterOptions,
  resolveRouteOptions,
  resolveRouterOptions,
} from './options.ts';
import { type LaneScore, maxBatchBytes, promptBytes, splitOutput } from './pool/lane-batch.ts';
import { Lanes } from './pool/lanes.ts';

/** Folder of the router that ships with the package. */
export function defaultRouterFolder(): string {
  return join(packageRoot(), 'models', 'default');
}

/** How many prompts of one `routeMany` call are in the queue at a time. */
const manyWindow = 1024;

/**
 * Routes prompts in this process. Holds worker threads until closed: `await using`, or call `close`.
 */
export class Router {
  readonly manifest: RouterManifest;
  readonly #models: readonly RoutableModel[];
  readonly #options: ResolvedRouterOptions;
  readonly #head: NativeHead;
  readonly #lanes: Lanes;
  readonly #batcher: Batcher<string, LaneScore>;
  #closing: Promise<void> | null = null;

  private constructor(parts: {
    manifest: RouterManifest;
    models: readonly RoutableModel[];
    options: ResolvedRouterOptions;
    head: NativeHead;
    lanes: Lanes;
  }) {
    this.manifest = parts.manifest;
    this.#models = parts.models;
    this.#options = parts.options;
    this.#head = parts.head;
    this.#lanes = parts.lanes;
    this.#batcher = new Batcher<string, LaneScore>({
      lanes: parts.lanes.count,
      maxBatchSize: maxBatchBytes,
      maxQueue: parts.options.maxQueue,
      sizeOf: (prompt) => promptBytes(prompt, parts.manifest.encoder.maxTokens),
      run: async (prompts) => splitOutput(await parts.lanes.run(prompts), prompts.length),
    });
  }

  /**
   * Opens a router folder (none: the default router) and its encoder, and starts the lanes.
   * Rejects with ERR_FILE_NOT_FOUND, ERR_CORRUPT_FILE, ERR_UNSUPPORTED, ERR_ENCODER_MISMATCH, ERR_INVALID_PRICE,
   * ERR_UNKNOWN_MODEL (fallbackModel or prices), ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT or ERR_ADDON_MISSING.
   */
  static async load(folder: string = defaultRouterFolder(), options: RouterOptions = {}): Promise<Router> {
    const resolved = resolveRouterOptions(options, availableParallelism());
    checkDevice(resolved.device);
    const { manifest, estimator } = await readArtifact(folder);
    const models = priceModels(manifest.models, resolved.prices);
    if (resolved.fallbackModel !== null) checkModel(resolved.fallbackModel, estimator.models);
    const encoder = await findEncoder(resolved.encoder, manifest.encoder.maxTokens);
    checkEncoder(manifest, encoder);
    const head = createHead(estimator.headSpec());
    try {
      const { pooling, normalize } = manifest.encoder;
      const setup = { encoder: { ...encoder.options, pooling, normalize }, headId: head.id };
      const lanes = await Lanes.start(setup, resolved.lanes);
      return new Router({ manifest, models, options: resolved, head, lanes });
    } catch (error) {
      head.dispose();
      throw error;
    }
  }

  /** Model ids, in the order of every decision's candidates. */
  get models(): readonly string[] {
    return this.#models.map((model) => model.id);
  }

  /**
   * Chooses a model for one prompt. Resolves to a `routed` decision, or to `rejected` where constraints leave no
   * model, or to `fallback` where the router has a `fallbackModel` and no prediction could be made.
   * Rejects with ERR_INVALID_PROMPT, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_UNKNOWN_MODEL, ERR_NO_CANDIDATE
   * (an empty candidate list), ERR_QUEUE_FULL, ERR_LANE_FAILED, ERR_CLOSED or ERR_ABORTED.
   */
  async route(prompt: string, options: RouteOptions = {}): Promise<Decision> {
    const resolved = this.#resolve(options);
    checkPrompt(prompt, 'prompt');
    return this.#decide(prompt, resolved);
  }

  /** Routes many prompts under the same options, in order. Every prompt is checked before any is routed. */
  async routeMany(prompts: readonly string[], options: RouteOptions = {}): Promise<readonly Decision[]> {
    const resolved = this.#resolve(options);
    for (const [index, prompt] of prompts.entries()) checkPrompt(prompt, `prompts[${index}]`);
    const decisions: Decision[] = [];
    const window = Math.min(manyWindow, this.#options.maxQueue);
    for (let start = 0; start < prompts.length; start += window) {
      const slice = prompts.slice(start, start + window);
      decisions.push(...(await Promise.all(slice.map((prompt) => this.#decide(prompt, resolved)))));
    }
    return decisions;
  }

  /** Refuses new requests, finishes those under way, ends the lanes and frees the head. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#batcher
      .close()
      .then(() => this.#lanes.close())
      .then(() => this.#head.dispose());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #resolve(options: RouteOptions): ResolvedRouteOptions {
    if (this.#closing !== null) throw new PointsmanError('ERR_CLOSED', 'the router was closed');
    return resolveRouteOptions(options, this.models, this.manifest.defaults.policy);
  }

  async #decide(prompt: string, options: ResolvedRouteOptions): Promise<Decision> {
    const start = performance.now();
    try {
      const { result, queueMs } = await this.#batcher.submit(prompt, options.signal);
      const prediction: Prediction = { quality: result.quality, inputTokens: result.inputTokens };
      const timings = { queueMs, laneMs: result.laneMs, totalMs: performance.now() - start };
      return decide(this.#models, prediction, options, timings);
    } catch (error) {
      const model = this.#options.fallbackModel;
      if (model === null || !hasCode(error, 'ERR_LANE_FAILED')) throw error;
      const cause = { code: codeOf(error), message: error instanceof Error ? error.message : String(error) };
      return { kind: 'fallback', model, cause, timings: { totalMs: performance.now() - start } };
    }
  }
}

/** A GPU that was asked for by name and is not to be had is an error; 'auto' falls back to the CPU. */
function checkDevice(device: Device): void {
  if (device !== 'cuda') return;
  const { gpu } = loadAddon().info();
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `device "cuda" is not available: ${gpu.reason}; use "auto" or "cpu"`,
  );
}

import { join } from 'node:path';
import type { NativeHead, NativeHeadSpec } from '../bindings/addon.ts';
import { createHead } from '../bindings/engine.ts';
import { packageRoot } from '../bindings/package-root.ts';
import { readArtifact } from './artifact/artifact.ts';
import { trainedOptions } from './artifact/as-trained.ts';
import { checkEncoder } from './artifact/check-encoder.ts';
import { locateEncoder } from './artifact/encoder-files.ts';
import type { RouterManifest } from './artifact/schema.ts';
import type { CalibrationSet } from './calibration/calibration-set.ts';
import { ConformalIntervals } from './calibration/conformal.ts';
import { PolicyEvidence } from './calibration/policy-evidence.ts';
import { checkModel } from './check.ts';
import { checkPrompt } from './check-prompt.ts';
import { type IndexedConstraints, indexConstraints } from './constraints.ts';
import { costHeadSpec } from './cost/cost-head.ts';
import { type PricedModel, priceModels, refreshPrices } from './cost/price-models.ts';
import { type DecisionRules, decide, type Override, type RoutableModel } from './decide.ts';
import type { Decision } from './decision.ts';
import { explorationDraw, newDecisionId } from './decision-marks.ts';
import { abortError, codeOf, type ErrorCode, PointsmanError } from './errors.ts';
import { chooseFallback } from './fallback.ts';
import { Feedback } from './feedback/feedback.ts';
import type { FeedbackDetails } from './feedback/store.ts';
import { type ResolvedRouterOptions, type RouterOptions, resolveRouterOptions } from './options.ts';
import type { NetworkRequest } from './policy/ask-network.ts';
import type { PolicySpec } from './policy/policy.ts';
import type { PolicyNetwork } from './policy/policy-network.ts';
import { openPolicy } from './policy-network/stored-policy.ts';
import { physicalCores } from './pool/cores.ts';
import { checkDevice, onDevice } from './pool/device.ts';
import { estimateEncodedTokens } from './pool/lane-batch.ts';
import { Lanes } from './pool/lanes.ts';
import { Predictor } from './predictor.ts';
import {
  type PolicyRequest,
  type PreferenceServer,
  type ResolvedRouteOptions,
  type RouteOptions,
  resolveRouteOptions,
} from './route-options.ts';
import { stateFacts } from './state-facts.ts';
import { type RouterStats, StatsCounter } from './stats.ts';

/** Folder of the router that ships with the package. */
export function defaultRouterFolder(): string {
  return join(packageRoot(), 'models', 'default');
}

/** How many prompts of one `routeMany` call are in the queue at a time. */
const manyWindow = 1024;

/** Without an answer for these reasons, a request is answered with the fallback model. */
const fallbackCodes: readonly ErrorCode[] = ['ERR_DEADLINE', 'ERR_LANE_FAILED'];

/** Route options resolved against this router. */
interface Request extends DecisionRules {
  readonly exploreSeed: number | null;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | null;
}

/**
 * Routes prompts in this process. Holds worker threads until closed: `await using`, or call `close`.
 */
export class Router {
  readonly manifest: RouterManifest;
  readonly #models: readonly RoutableModel[];
  readonly #options: ResolvedRouterOptions;
  readonly #heads: readonly NativeHead[];
  readonly #predictor: Predictor;
  readonly #counter = new StatsCounter();
  /** Models to fall back to, in order of preference. */
  readonly #fallbacks: readonly string[];
  readonly #evidence: PolicyEvidence;
  /** null without a calibration set. */
  readonly #intervals: ConformalIntervals | null;
  /** null where none was trained. */
  readonly #network: PolicyNetwork | null;
  readonly #feedback: Feedback | null;
  #closing: Promise<void> | null = null;

  private constructor(parts: {
    manifest: RouterManifest;
    models: readonly RoutableModel[];
    calibration: CalibrationSet | null;
    options: ResolvedRouterOptions;
    heads: readonly NativeHead[];
    network: PolicyNetwork | null;
    lanes: Lanes;
    feedback: Feedback | null;
  }) {
    const { manifest, options, lanes, calibration } = parts;
    this.manifest = manifest;
    this.#models = parts.models;
    this.#options = options;
    this.#heads = parts.heads;
    this.#network = parts.network;
    this.#feedback = parts.feedback;
    this.#fallbacks = fallbacksOf(manifest, options);
    this.#evidence = new PolicyEvidence(parts.models, calibration, manifest.defaults.fallbackModels ?? []);
    this.#intervals =
      calibration === null ? null : new ConformalIntervals(calibration, options.intervalCoverage);
    this.#predictor = new Predictor({
      lanes,
      counter: this.#counter,
      maxQueue: options.maxQueue,
      cacheBytes: Math.floor(options.cacheMb * 2 ** 20),
      maxTokens: manifest.encoder.maxTokens,
    });
  }

  /**
   * Opens a router folder (none: the default router) and its encoder, and starts the lanes.
   * Rejects with ERR_FILE_NOT_FOUND, ERR_CORRUPT_FILE, ERR_UNSUPPORTED, ERR_ENCODER_MISMATCH, ERR_INVALID_PRICE,
   * ERR_UNKNOWN_MODEL (fallbackModel, prices or models), ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT, ERR_ADDON_MISSING,
   * ERR_DEVICE_UNAVAILABLE or ERR_ABORTED; with `feedback`, also with ERR_PEER_MISSING or ERR_IO.
   */
  static async load(folder: string = defaultRouterFolder(), options: RouterOptions = {}): Promise<Router> {
    const resolved = resolveRouterOptions(options, physicalCores());
    if (resolved.signal?.aborted) throw abortError('loading the router', resolved.signal);
    checkDevice(resolved.device);
    const { manifest, estimator, costHead, calibration, policy } = await readArtifact(folder);
    const priced = await pricedModels(manifest.models, resolved);
    const models = stateFacts(manifest.models, priced, resolved.models);
    if (typeof resolved.fallbackModel === 'string') checkModel(resolved.fallbackModel, estimator.models);
    const encoder = await locateEncoder(resolved.encoder, manifest.encoder.maxTokens, resolved.backend);
    const opened = policy === null ? null : openPolicy(policy, estimator);
    const heads: NativeHead[] = [];
    const share = (spec: NativeHeadSpec) => {
      const head = createHead(spec);
      heads.push(head);
      return head.id;
    };
    let feedback: Feedback | null = null;
    try {
      feedback = resolved.feedback === null ? null : await Feedback.open(resolved.feedback, manifest);
      const setup = {
        encoder: onDevice(trainedOptions(encoder.options, manifest), resolved.device),
        headId: share(estimator.headSpec()),
        costHeadId: costHead === null ? null : share(costHeadSpec(costHead)),
        policyHeadId: opened === null ? null : share(opened.promptHead),
        keepFeatures: feedback !== null,
      };
      // Threads start while the encoder is still being hashed: together these are most of the time it takes to load.
      const lanes = await startChecked(
        Lanes.start(setup, resolved.lanes, resolved.signal),
        encoder.sha256.then((sha256) => checkEncoder(manifest, encoder.name, sha256)),
      );
      const network = opened?.network ?? null;
      const parts = { manifest, models, calibration, options: resolved, heads, network, lanes, feedback };
      const router = new Router(parts);
      await router.#predictor.warmUp();
      return router;
    } catch (error) {
      for (const head of heads) head.dispose();
      await feedback?.close();
      throw error;
    }
  }

  /** Model ids, in the order of every decision's candidates. */
  get models(): readonly string[] {
    return this.#models.map((model) => model.id);
  }

  /**
   * Chooses a model for one prompt. Resolves to a `routed` decision, or to `rejected` where constraints leave no
   * model, or to `fallback` where no prediction could be made within `deadlineMs` or because lanes died.
   * Rejects with ERR_INVALID_PROMPT, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_UNKNOWN_MODEL, ERR_NO_CANDIDATE
   * (an empty candidate list), ERR_UNSUPPORTED (an option that needs a calibration set, of a router of an earlier version),
   * ERR_QUEUE_FULL, ERR_CLOSED or ERR_ABORTED; where there is no model to fall back to, with ERR_DEADLINE or
   * ERR_LANE_FAILED.
   */
  async route(prompt: string, options: RouteOptions = {}): Promise<Decision> {
    const resolved = this.#resolve(options, this.#options.deadlineMs);
    checkPrompt(prompt, 'prompt');
    return this.#decide(prompt, resolved);
  }

  /**
   * Routes many prompts under the same options, in order. Every prompt is checked before any is routed. This is bulk
   * work: it has no deadline unless the options state one (for each prompt, from when it enters the queue), and yields
   * to requests of `route` that have one. Rejects as `route` does, with the first error; the rest is then dropped.
   */
  async routeMany(prompts: readonly string[], options: RouteOptions = {}): Promise<readonly Decision[]> {
    const resolved = this.#resolve(options, Number.POSITIVE_INFINITY);
    for (const [index, prompt] of prompts.entries()) checkPrompt(prompt, `prompts[${index}]`);
    const decisions: Decision[] = new Array(prompts.length);
    const stopped = new AbortController();
    const signal = AbortSignal.any([stopped.signal, ...(resolved.signal === null ? [] : [resolved.signal])]);
    const next = prompts.entries();
    const work = async () => {
      for (const [index, prompt] of next)
        decisions[index] = await this.#decide(prompt, { ...resolved, signal });
    };
    try {
      const window = Math.min(manyWindow, this.#options.maxQueue, prompts.length);
      await Promise.all(Array.from({ length: window }, work));
    } catch (error) {
      stopped.abort();
      throw error;
    }
    return decisions;
  }

  /**
   * Says how good the answer to a routed prompt was, from 0 to 1, and where known what it cost: evidence for `pointsman refit`.
   * On disk once it resolves; a second score for a decision takes the place of the first. Rejects with ERR_NO_FEEDBACK_STORE
   * where the router was loaded without `feedback`, ERR_UNKNOWN_DECISION for an id that the store does not have, or not any
   * more, ERR_INVALID_ARGUMENT, ERR_CLOSED or ERR_IO.
   */
  async feedback(decisionId: string, score: number, details: FeedbackDetails = {}): Promise<void> {
    if (this.#closing !== null) throw new PointsmanError('ERR_CLOSED', 'the router was closed');
    if (this.#feedback !== null) return this.#feedback.score(decisionId, score, details);
    throw new PointsmanError(
      'ERR_NO_FEEDBACK_STORE',
      'this router keeps no decisions: load it with { feedback: { path } }',
    );
  }

  /** Counts since `load`, and what waits and runs now. A fresh object each time. */
  stats(): RouterStats {
    const feedback = this.#feedback?.counts ?? null;
    return { requests: this.#counter.requests, ...this.#predictor.stats, feedback };
  }

  /** Refuses new requests, finishes those under way, ends the lanes and frees the heads. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#predictor.close().then(async () => {
      for (const head of this.#heads) head.dispose();
      await this.#feedback?.close();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #resolve(options: RouteOptions, deadlineMs: number): Request {
    if (this.#closing !== null) throw new PointsmanError('ERR_CLOSED', 'the router was closed');
    const { policy: ownPolicy, preferences = null } = this.manifest.defaults;
    const preferenceServer = this.#preferenceServer();
    const defaults = { policy: ownPolicy, preferences, preferenceServer, deadlineMs };
    const resolved = resolveRouteOptions(options, this.models, defaults);
    const constraints = indexConstraints(resolved.constraints);
    const policy = this.#complete(resolved.policy, constraints);
    return {
      policy,
      constraints,
      override: this.#overrideOf(resolved, policy),
      cachedInputTokens: resolved.cachedInputTokens,
      intervals: this.#intervals,
      explore: resolved.explore === null ? null : { rate: resolved.explore.rate },
      exploreSeed: resolved.explore?.seed ?? null,
      deadlineMs: resolved.deadlineMs,
      signal: resolved.signal,
    };
  }

  /** Who serves preferences where the caller does not say. */
  #preferenceServer(): PreferenceServer | null {
    const { policyNetwork } = this.manifest;
    if (policyNetwork === undefined) return null;
    return policyNetwork.isDefault ? 'network' : 'predictions';
  }

  #complete(policy: PolicyRequest, constraints: IndexedConstraints): PolicySpec | NetworkRequest {
    if (policy.kind !== 'network-preference') return this.#evidence.complete(policy, constraints);
    const network = this.#network;
    if (network === null) throw new PointsmanError('ERR_INTERNAL', 'there is no policy network to ask');
    const { costWeight, sample } = policy;
    return { kind: 'network-request', network, costWeight, draw: sample ? Math.random : null };
  }

  /** A pin goes before a dry run: both name the model that is used, and the caller's own word is the stronger. */
  #overrideOf({ pin, dryRun }: ResolvedRouteOptions, policy: PolicySpec | NetworkRequest): Override | null {
    if (pin !== null) return { rule: 'pin', model: pin };
    if (!dryRun) return null;
    const model = policy.kind === 'guarded' ? policy.anchor : this.#fallbacks[0];
    if (model !== undefined) return { rule: 'dry-run', model };
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'dryRun needs the model that answers without a router: pass pin or guard.anchor, or load the router with fallbackModel',
    );
  }

  async #decide(prompt: string, options: Request): Promise<Decision> {
    const start = performance.now();
    this.#counter.asked();
    try {
      const { timings, ...prediction } = await this.#predictor.predict(prompt, options);
      this.#counter.decided(prediction.source);
      const decision = decide(this.#models, prediction, options, {
        id: newDecisionId(),
        draw: options.explore === null ? 0 : explorationDraw(options.exploreSeed, prompt),
        timings: { ...timings, totalMs: performance.now() - start },
      });
      this.#feedback?.keep(decision, prediction.features ?? null, prompt);
      return decision;
    } catch (error) {
      const model = this.#fallbackFor(error, prompt, options);
      const code = codeOf(error);
      if (model === null) {
        this.#counter.failed(code);
        throw error;
      }
      this.#counter.fellBack(code);
      const message = error instanceof Error ? error.message : String(error);
      return {
        kind: 'fallback',
        model,
        cause: { code, message },
        timings: { totalMs: performance.now() - start },
      };
    }
  }

  #fallbackFor(
    error: unknown,
    prompt: string,
    { constraints, override, cachedInputTokens }: Request,
  ): string | null {
    if (!fallbackCodes.includes(codeOf(error))) return null;
    if (override !== null) return override.model; // known without a prediction
    if (this.#fallbacks.length === 0) return null;
    const inputTokens = estimateEncodedTokens(prompt, Number.POSITIVE_INFINITY);
    return chooseFallback(this.#fallbacks, this.#models, inputTokens, constraints, cachedInputTokens);
  }
}

/** The caller's own prices first, then those of the artifact, brought up to date where asked. */
async function pricedModels(
  stored: readonly PricedModel[],
  { prices, refreshPrices: refresh }: ResolvedRouterOptions,
): Promise<readonly PricedModel[]> {
  const own = priceModels(stored, prices);
  if (!refresh) return own;
  const { openPriceCatalogue } = await import('./cost/price-catalogue.ts'); // its list is slow to read
  return refreshPrices(own, await openPriceCatalogue());
}

/** The caller's own model first, then those of the artifact, best first; none where the caller wants errors. */
function fallbacksOf(
  { defaults }: RouterManifest,
  { fallbackModel }: ResolvedRouterOptions,
): readonly string[] {
  if (fallbackModel === null) return [];
  const ranked = defaults.fallbackModels ?? [];
  return fallbackModel === undefined ? ranked : [fallbackModel, ...ranked];
}

/** The lanes, unless the check fails: then they are closed again, and its error goes before theirs. */
async function startChecked(starting: Promise<Lanes>, check: Promise<void>): Promise<Lanes> {
  const [lanes, checked] = await Promise.allSettled([starting, check]);
  if (checked.status === 'rejected') {
    if (lanes.status === 'fulfilled') await lanes.value.close();
    throw checked.reason;
  }
  if (lanes.status === 'rejected') throw lanes.reason;
  return lanes.value;
}

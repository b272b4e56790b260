import type { CacheStats } from './batching/answer-cache.ts';
import type { ErrorCode } from './errors.ts';
import type { FeedbackCounts } from './feedback/store.ts';

/** What a router did since it was loaded, and what it holds now. Plain data. */
export interface RouterStats {
  readonly requests: {
    /** Prompts given to `route` and `routeMany`, those refused as unusable apart. */
    readonly total: number;
    /** Answered `routed` or `rejected`. */
    readonly decided: number;
    /** Of these, by a computation under way for another caller. */
    readonly shared: number;
    /** Of these, from the cache. */
    readonly cached: number;
    /** Answered `fallback`, by the code of the cause. */
    readonly fallbacks: Readonly<Partial<Record<ErrorCode, number>>>;
    /** Rejected, by code; ERR_QUEUE_FULL counts what the full queue refused. */
    readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
  };
  readonly queue: {
    /** Computations that wait for a lane, and about how many tokens they hold. */
    readonly waiting: number;
    readonly waitingTokens: number;
    readonly limit: number;
  };
  readonly lanes: {
    readonly count: number;
    /** Lanes that hold a batch. */
    readonly busy: number;
    /** Threads that died and were replaced. */
    readonly replaced: number;
    readonly batches: number;
    readonly encodedTokens: number;
    /** Tokens a second that one lane encoded while it was busy, over its last batches; null before the first. */
    readonly tokensPerSecond: number | null;
  };
  /** null without `cacheMb`. */
  readonly cache: CacheStats | null;
  /** What the feedback store holds, whichever process wrote it; null without `feedback`. */
  readonly feedback: FeedbackCounts | null;
}

/** A sample's weight in `tokensPerSecond`: some thirty batches count. */
const sampleWeight = 1 / 32;

/** Counts what passes through a router. */
export class StatsCounter {
  #total = 0;
  readonly #decided = { lane: 0, shared: 0, cache: 0 };
  readonly #fallbacks = new Map<ErrorCode, number>();
  readonly #errors = new Map<ErrorCode, number>();
  #batches = 0;
  #encodedTokens = 0;
  #recentTokens = 0;
  #recentMs = 0;

  asked(): void {
    this.#total += 1;
  }

  decided(source: 'lane' | 'shared' | 'cache'): void {
    this.#decided[source] += 1;
  }

  fellBack(code: ErrorCode): void {
    this.#fallbacks.set(code, (this.#fallbacks.get(code) ?? 0) + 1);
  }

  failed(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  ranBatch(tokens: number, ms: number): void {
    this.#batches += 1;
    this.#encodedTokens += tokens;
    const step = Math.max(sampleWeight, 1 / this.#batches);
    this.#recentTokens += step * (tokens - this.#recentTokens);
    this.#recentMs += step * (ms - this.#recentMs);
  }

  get requests(): RouterStats['requests'] {
    const { lane, shared, cache } = this.#decided;
    return {
      total: this.#total,
      decided: lane + shared + cache,
      shared,
      cached: cache,
      fallbacks: Object.fromEntries(this.#fallbacks),
      errors: Object.fromEntries(this.#errors),
    };
  }

  get batches(): Pick<RouterStats['lanes'], 'batches' | 'encodedTokens' | 'tokensPerSecond'> {
    return {
      batches: this.#batches,
      encodedTokens: this.#encodedTokens,
      tokensPerSecond: this.#recentMs > 0 ? (1000 * this.#recentTokens) / this.#recentMs : null,
    };
  }
}

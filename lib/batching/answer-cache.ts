import { LRUCache } from 'lru-cache';
import type { LaneScore } from '../pool/lane-batch.ts';

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

type CachedScore = Omit<LaneScore, 'laneMs'>;

/** Objects, the typed array's headers, the cache's tables: resident memory grew by 525 an entry over 100,000 entries. */
const entryOverheadBytes = 525;
/** A second typed array, beside its values: resident memory grew by 510 an array over 200,000 arrays of 18 values. */
const arrayOverheadBytes = 510;
/** One prompt may take this share of the cache, so that a few huge ones cannot empty it. */
const largestShare = 1 / 16;

/**
 * What lanes answered, by prompt, least recently used first out. A router's head is fixed, so the scores of its models
 * are all that an embedding is good for: they are kept in its place, being smaller and needing no lane at all. Where feedback is
 * stored, what the heads were given is kept beside them.
 */
export class AnswerCache {
  readonly #entries: LRUCache<string, CachedScore>;
  readonly #maxBytes: number;
  #hits = 0;
  #misses = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.max(1, Math.floor(maxBytes * largestShare)),
      sizeCalculation: sizeOf,
    });
  }

  get stats(): CacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
      maxBytes: this.#maxBytes,
    };
  }

  get(prompt: string): CachedScore | undefined {
    const found = this.#entries.get(prompt);
    if (found === undefined) this.#misses += 1;
    else this.#hits += 1;
    return found;
  }

  /** Copies the scores: those of a lane are a view that would keep its whole batch alive. */
  set(prompt: string, { quality, costValues, policyValues, features, inputTokens }: CachedScore): void {
    this.#entries.set(prompt, {
      quality: quality.slice(),
      costValues: costValues?.slice() ?? null,
      policyValues: policyValues?.slice() ?? null,
      features: features?.slice() ?? null,
      inputTokens,
    });
  }
}

/** A string takes one or two bytes a character; two are counted. */
function sizeOf({ quality, costValues, policyValues, features }: CachedScore, prompt: string): number {
  const others = [costValues, policyValues, features].flatMap((values) => values ?? []);
  const otherBytes = others.reduce((sum, { byteLength }) => sum + arrayOverheadBytes + byteLength, 0);
  return entryOverheadBytes + 2 * prompt.length + quality.byteLength + otherBytes;
}

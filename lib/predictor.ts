import { AnswerCache } from './batching/answer-cache.ts';
import { Batcher } from './batching/batcher.ts';
import { Coalescer, type RequestOptions } from './batching/coalescer.ts';
import { LaneMeter } from './batching/lane-meter.ts';
import type { Prediction } from './decide.ts';
import type { Timings } from './decision.ts';
import { estimateEncodedTokens, type LaneScore, splitOutput } from './pool/lane-batch.ts';
import type { Lanes } from './pool/lanes.ts';
import type { RouterStats, StatsCounter } from './stats.ts';

export interface PredictorOptions {
  readonly lanes: Lanes;
  readonly counter: StatsCounter;
  readonly maxQueue: number;
  /** 0 for no cache. */
  readonly cacheBytes: number;
  /** The encoder's limit, special tokens included. */
  readonly maxTokens: number;
}

export interface Predicted extends Prediction {
  readonly timings: Omit<Timings, 'totalMs'>;
}

/** The first is not measured. */
const warmUpWords = [8, 62, 8, 62, 8];

/** The way of a prompt to the scores of all models: cache, coalescer, batcher, lane. Owns the lanes. */
export class Predictor {
  readonly #lanes: Lanes;
  readonly #counter: StatsCounter;
  readonly #maxQueue: number;
  readonly #cache: AnswerCache | null;
  readonly #meter = new LaneMeter();
  readonly #batcher: Batcher<LaneScore>;
  readonly #coalescer: Coalescer<LaneScore>;

  constructor({ lanes, counter, maxQueue, cacheBytes, maxTokens }: PredictorOptions) {
    this.#lanes = lanes;
    this.#counter = counter;
    this.#maxQueue = maxQueue;
    this.#cache = cacheBytes > 0 ? new AnswerCache(cacheBytes) : null;
    this.#batcher = new Batcher({
      lanes: lanes.count,
      maxQueue,
      run: (prompts) => this.#run(prompts),
      meter: this.#meter,
    });
    this.#coalescer = new Coalescer(this.#batcher, (prompt) => estimateEncodedTokens(prompt, maxTokens));
  }

  /**
   * Gives every lane a few prompts of known sizes: the first request then finds code compiled and weights in memory, and
   * the meter has a line to start from. Some 50 ms at 7,000 tokens a second.
   */
  async warmUp(): Promise<void> {
    try {
      await this.#measureLanes();
    } catch (error) {
      await this.#lanes.close();
      throw error;
    }
  }

  async #measureLanes(): Promise<void> {
    for (const [round, words] of warmUpWords.entries()) {
      const text = 'the '.repeat(words);
      const onLane = async () => {
        const start = performance.now();
        const { encodedTokens } = await this.#lanes.run([text]);
        const end = performance.now();
        if (round > 0) this.#meter.record(encodedTokens[0] ?? 0, end - start, end);
      };
      await Promise.all(Array.from({ length: this.#lanes.count }, onLane));
    }
  }

  /** Rejects as `Coalescer.request` does, and with ERR_LANE_FAILED. */
  async predict(prompt: string, options: RequestOptions): Promise<Predicted> {
    const cached = this.#cache?.get(prompt);
    const { device } = this.#lanes;
    if (cached !== undefined)
      return { ...cached, source: 'cache', timings: { queueMs: 0, laneMs: 0, ...device } };
    const { result, queueMs, shared } = await this.#coalescer.request(prompt, options);
    return {
      quality: result.quality,
      costValues: result.costValues,
      policyValues: result.policyValues,
      features: result.features,
      inputTokens: result.inputTokens,
      source: shared ? 'shared' : 'lane',
      timings: { queueMs, laneMs: result.laneMs, ...device },
    };
  }

  get stats(): Pick<RouterStats, 'queue' | 'lanes' | 'cache'> {
    const { waiting, waitingTokens, running } = this.#batcher.load;
    const { count, replaced } = this.#lanes;
    return {
      queue: { waiting, waitingTokens, limit: this.#maxQueue },
      lanes: { count, busy: running, replaced, ...this.#counter.batches },
      cache: this.#cache?.stats ?? null,
    };
  }

  /** Refuses new requests, finishes those under way and ends the lanes. */
  async close(): Promise<void> {
    await this.#batcher.close();
    await this.#lanes.close();
  }

  async #run(prompts: readonly string[]): Promise<readonly LaneScore[]> {
    const output = await this.#lanes.run(prompts);
    const scores = splitOutput(output, prompts.length);
    this.#counter.ranBatch(
      output.encodedTokens.reduce((sum, tokens) => sum + tokens, 0),
      output.laneMs,
    );
    if (this.#cache !== null) {
      for (const [index, prompt] of prompts.entries()) {
        const score = scores[index];
        if (score !== undefined) this.#cache.set(prompt, score);
      }
    }
    return scores;
  }
}

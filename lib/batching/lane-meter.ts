/**
 * A sample's weight: the last thirty or so batches count, a fraction of a second under load, so that the meter follows
 * a machine that others use too.
 */
const sampleWeight = 1 / 32;
/** A batch that took longer than this many times the prediction (a thread that had to start anew) counts as this many. */
const outlierRatio = 4;
/** Predictions are not trusted to refuse by once nothing was measured for so long. */
const freshMs = 1000;
/**
 * Work a batch should hold. Handing one over and back takes some 0.05 ms, and the main thread may be busy for a while
 * before it does: small shares of this. Those behind a batch wait no longer for it than this.
 */
const batchMs = 6;
/** The engine packs 256 tokens at a time: a smaller batch would read the weights for fewer rows. */
const minBatchTokens = 256;
/** Past this nothing is gained on any machine, and a lane that dies takes more prompts with it. */
const maxBatchTokens = 4096;

/**
 * Learns how long a lane takes for a batch, as fixed cost + tokens x slope: a least-squares line over recent batches
 * (older ones fade). Both parts are needed: under light load batches are small and mostly fixed cost, and a plain
 * tokens-per-ms would then foretell too little for a rush. How far predictions are off is learnt too, as in TCP's
 * retransmission timer (Jacobson 1988): safe time = prediction x (1 + 2 x mean deviation).
 */
export class LaneMeter {
  #samples = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  // Fading means of tokens (x), milliseconds (y) and their products.
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #deviation = 0;

  record(tokens: number, ms: number, now: number): void {
    const predicted = this.predictMs(tokens);
    const y = predicted > 0 ? Math.min(ms, outlierRatio * predicted) : ms;
    if (predicted > 0)
      this.#deviation += this.#step() * (Math.abs(y - predicted) / predicted - this.#deviation);
    this.#samples += 1;
    this.#lastAt = now;
    const step = this.#step();
    this.#x += step * (tokens - this.#x);
    this.#y += step * (y - this.#y);
    this.#xx += step * (tokens * tokens - this.#xx);
    this.#xy += step * (tokens * y - this.#xy);
  }

  /** Whether there is a recent measurement to go by. */
  isFresh(now: number): boolean {
    return now - this.#lastAt <= freshMs;
  }

  /** Milliseconds a lane takes for one batch; 0 where nothing was measured yet. */
  predictMs(tokens: number): number {
    if (this.#samples === 0 || this.#x === 0) return 0;
    const slope = this.#slope();
    return this.#y - slope * this.#x + slope * tokens;
  }

  /** Tokens of the largest batch that is safely done within `ms`; below 0 where none is. */
  tokensWithin(ms: number): number {
    const slope = this.#slope();
    if (slope === 0) return Number.POSITIVE_INFINITY;
    return (ms / this.safe(1) - this.predictMs(0)) / slope;
  }

  /** Milliseconds one lane takes for `tokens` in as many batches as they need. */
  workMs(tokens: number): number {
    const budget = this.batchTokens();
    return tokens <= budget ? this.predictMs(tokens) : (tokens / budget) * this.predictMs(budget);
  }

  /** A time predicted in milliseconds, with the margin that recent predictions would have needed. */
  safe(ms: number): number {
    return ms * (1 + 2 * this.#deviation);
  }

  /** Tokens a batch may hold. Before anything was measured, the least: a slow machine must not start with a huge one. */
  batchTokens(): number {
    const slope = this.#slope();
    const wanted = slope > 0 ? batchMs / slope : minBatchTokens;
    return Math.round(Math.min(maxBatchTokens, Math.max(minBatchTokens, wanted)));
  }

  #step(): number {
    return Math.max(sampleWeight, 1 / Math.max(1, this.#samples));
  }

  /**
   * Milliseconds a token. Where batches were all of one size the line is not determined: a weak prior of no fixed cost
   * decides. Neither part may be negative, and a token never costs less than a tenth of the mean.
   */
  #slope(): number {
    if (this.#x === 0) return 0;
    const mean = this.#y / this.#x;
    const prior = 0.01 * this.#x * this.#x;
    const covariance = this.#xy - this.#x * this.#y;
    const variance = this.#xx - this.#x * this.#x;
    const slope = (covariance + prior * mean) / (variance + prior);
    return Math.min(mean, Math.max(0.1 * mean, slope));
  }
}

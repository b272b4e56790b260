import { hasCode, PointsmanError } from '../errors.ts';
import { LaneMeter } from './lane-meter.ts';
import { WaitingLine } from './waiting-line.ts';

/** One computation that waits for a lane or is in one. Times are those of `performance.now()`. */
export interface Job<Result> {
  readonly prompt: string;
  /** Estimated tokens a lane will encode of it. */
  readonly tokens: number;
  readonly queuedAt: number;
  /** Later than this nobody wants the answer any more; Infinity where somebody waits for ever. */
  readonly deadline: number;
  /** Somebody waits for it against the clock. */
  readonly urgent: boolean;
  /** Somebody still waits for it. */
  readonly wanted: boolean;
  readonly succeed: (result: Result, queueMs: number) => void;
  readonly fail: (error: unknown) => void;
}

export interface BatcherOptions<Result> {
  /** Batches that may run at once. */
  readonly lanes: number;
  /** Jobs that may wait; past it `submit` throws ERR_QUEUE_FULL. */
  readonly maxQueue: number;
  /** Answers one result per prompt, in order. */
  readonly run: (prompts: readonly string[]) => Promise<readonly Result[]>;
  /** What is known of the lanes' speed. @default nothing yet */
  readonly meter?: LaneMeter;
}

interface Running {
  readonly startedAt: number;
  readonly expectedMs: number;
  readonly freight: boolean;
}

/**
 * Batching without waiting: a free lane takes at once what is queued, up to a budget of tokens that follows the
 * measured speed of the lanes; while all are busy, jobs gather. `WaitingLine` has the order. Freight leads batches in
 * all lanes but one at most while express waits; where there is one lane only, every other batch.
 *
 * A job whose batch died with its lane is run once more, by itself: one prompt that kills lanes takes no neighbour with
 * it, and no more than two lanes.
 */
export class Batcher<Result> {
  readonly #options: BatcherOptions<Result>;
  readonly #meter: LaneMeter;
  readonly #line = new WaitingLine<Job<Result>>();
  /** Jobs to be run by themselves, before all others. */
  readonly #retries = new Set<Job<Result>>();
  readonly #running = new Set<Running>();
  #freightLed = false;
  #dispatchScheduled = false;
  #closed = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: BatcherOptions<Result>) {
    this.#options = options;
    this.#meter = options.meter ?? new LaneMeter();
  }

  get load(): { readonly waiting: number; readonly waitingTokens: number; readonly running: number } {
    const { expressTokens, freightTokens, size } = this.#line;
    return {
      waiting: size + this.#retries.size,
      waitingTokens: expressTokens + freightTokens,
      running: this.#running.size,
    };
  }

  /** Throws ERR_CLOSED or ERR_QUEUE_FULL; afterwards the job is settled once, unless it is withdrawn. */
  submit(job: Job<Result>): void {
    if (this.#closed) throw new PointsmanError('ERR_CLOSED', 'the router was closed');
    const { maxQueue, lanes } = this.#options;
    if (this.#line.size >= maxQueue) {
      throw new PointsmanError(
        'ERR_QUEUE_FULL',
        `${this.#line.size} requests are already waiting for ${lanes} lanes and maxQueue is ${maxQueue}: slow down, add lanes or raise maxQueue`,
      );
    }
    this.#line.add(job, this.#longTokens());
    this.#scheduleDispatch();
  }

  /** Takes a job out of the line; false where it is in a lane already. */
  withdraw(job: Job<Result>): boolean {
    const waited = this.#line.remove(job) || this.#retries.delete(job);
    if (waited) this.#settleIdle();
    return waited;
  }

  isWaiting(job: Job<Result>): boolean {
    return this.#line.has(job) || this.#retries.has(job);
  }

  /** Gives a waiting job the place that it is due now that it is `urgent`: the last of its new line. */
  requeue(job: Job<Result>): void {
    if (this.#line.remove(job)) this.#line.add(job, this.#longTokens());
  }

  /** Milliseconds a lane will safely take for so many tokens; 0 where nothing was measured. */
  safeMs(tokens: number): number {
    return this.#meter.safe(this.#meter.predictMs(tokens));
  }

  /**
   * Milliseconds until an urgent job of so many tokens would safely be answered if it were submitted now; 0 where
   * nothing is known: nothing measured yet, or not lately and a lane is free to measure with.
   */
  estimateMs(tokens: number): number {
    const now = performance.now();
    const { expressTokens, freightTokens, size } = this.#line;
    if (size === 0 && this.#running.size < this.#options.lanes && !this.#meter.isFresh(now)) return 0;
    const ownTokens = Math.max(tokens, Math.min(this.#meter.batchTokens(), expressTokens + tokens));
    const waitMs = this.#waitMs(now, tokens, expressTokens, freightTokens);
    return this.#meter.safe(waitMs + this.#meter.predictMs(ownTokens));
  }

  /** Refuses new jobs, lets waiting ones finish, and resolves when nothing runs. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      this.#settleIdle();
    });
  }

  /**
   * Until a lane is free for an urgent job behind all that waits. For a short one two bounds hold where freight waits
   * too: all lanes work off all of it; or the share of the lanes that freight may not lead in works off express alone.
   */
  #waitMs(now: number, tokens: number, expressTokens: number, freightTokens: number): number {
    const { lanes } = this.#options;
    let busyMs = 0;
    for (const { startedAt, expectedMs } of this.#running)
      busyMs += Math.max(0, startedAt + expectedMs - now);
    const expressMs = this.#meter.workMs(expressTokens);
    const together = (busyMs + expressMs + this.#meter.workMs(freightTokens)) / lanes;
    if (freightTokens === 0 || tokens > this.#longTokens()) return together;
    const freightBatchMs = this.#meter.workMs(Math.min(freightTokens, this.#meter.batchTokens()));
    const alone = lanes === 1 ? busyMs + freightBatchMs + 2 * expressMs : busyMs / lanes + expressMs;
    return Math.min(together, alone);
  }

  /** A prompt that fills a batch by itself is long. */
  #longTokens(): number {
    return this.#meter.batchTokens();
  }

  /** Dispatch happens after the current turn, so that requests made in one turn share a batch. */
  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return;
    this.#dispatchScheduled = true;
    queueMicrotask(() => {
      this.#dispatchScheduled = false;
      this.#dispatch();
      this.#settleIdle();
    });
  }

  #dispatch(): void {
    while (this.#running.size < this.#options.lanes) {
      const [retry] = this.#retries;
      if (retry !== undefined) {
        this.#retries.delete(retry);
        void this.#runBatch([retry], retry.tokens, false, true);
      } else if (!this.#dispatchLine()) return;
    }
  }

  /** Whether a batch was made. With several lanes free, a share of the queue each: all lanes work at once. */
  #dispatchLine(): boolean {
    const now = performance.now();
    const free = this.#options.lanes - this.#running.size;
    const { expressTokens, freightTokens } = this.#line;
    const share = Math.ceil((expressTokens + freightTokens) / free);
    const fresh = this.#meter.isFresh(now);
    const { jobs, tokens, freight, tooLate } = this.#line.take({
      maxTokens: Math.min(this.#meter.batchTokens(), share),
      freightMayLead: this.#freightMayLead(),
      tokensInTime: ({ deadline }) =>
        fresh ? this.#meter.tokensWithin(deadline - now) : Number.POSITIVE_INFINITY,
    });
    for (const job of tooLate) job.fail(tooLateError());
    if (jobs.length === 0) return false;
    void this.#runBatch(jobs, tokens, freight, false);
    return true;
  }

  #freightMayLead(): boolean {
    const { lanes } = this.#options;
    if (lanes === 1) return !this.#freightLed;
    let leading = 0;
    for (const { freight } of this.#running) if (freight) leading += 1;
    return leading < lanes - 1;
  }

  async #runBatch(
    jobs: readonly Job<Result>[],
    tokens: number,
    freight: boolean,
    isRetry: boolean,
  ): Promise<void> {
    const startedAt = performance.now();
    const running = { startedAt, expectedMs: this.#meter.predictMs(tokens), freight };
    this.#running.add(running);
    this.#freightLed = freight;
    try {
      const results = await this.#options.run(jobs.map(({ prompt }) => prompt));
      const now = performance.now();
      this.#meter.record(tokens, now - startedAt, now);
      for (const [index, job] of jobs.entries()) settle(job, results[index], startedAt);
    } catch (error) {
      const mayRetry = !isRetry && hasCode(error, 'ERR_LANE_FAILED');
      for (const job of jobs) {
        if (mayRetry && job.wanted) this.#retries.add(job);
        else job.fail(error);
      }
    }
    this.#running.delete(running);
    this.#scheduleDispatch();
  }

  #settleIdle(): void {
    if (this.#running.size > 0 || this.#line.size > 0 || this.#retries.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}

function settle<Result>(job: Job<Result>, result: Result | undefined, startedAt: number): void {
  if (result === undefined) job.fail(new PointsmanError('ERR_INTERNAL', 'a lane answered too few results'));
  else job.succeed(result, startedAt - job.queuedAt);
}

function tooLateError(): PointsmanError {
  return new PointsmanError('ERR_DEADLINE', 'no lane was free in time: too little is left of deadlineMs');
}

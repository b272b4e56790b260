import { abortError, PointsmanError } from '../errors.ts';

export interface BatcherOptions<Item, Result> {
  /** Batches that may run at once. */
  readonly lanes: number;
  /** A batch takes items until their sizes sum to this; an item larger than it goes alone. */
  readonly maxBatchSize: number;
  /** Items that may wait; past it `submit` rejects with ERR_QUEUE_FULL. */
  readonly maxQueue: number;
  /** Size of an item in the units of maxBatchSize. */
  readonly sizeOf: (item: Item) => number;
  /** Answers one result per item, in order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly size: number;
  readonly queuedAt: number;
  readonly resolve: (served: Served<Result>) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | null;
  readonly onAbort: () => void;
}

export interface Served<Result> {
  readonly result: Result;
  readonly queueMs: number;
}

/**
 * Batching without waiting: a free lane takes at once what is queued, up to a size budget; while all lanes are busy,
 * items gather. First come, first served.
 */
export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>;
  #queue: Waiting<Item, Result>[] = [];
  #running = 0;
  #dispatchScheduled = false;
  #closed = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
  }

  /** Rejects with ERR_CLOSED, ERR_QUEUE_FULL, ERR_ABORTED, or what `run` rejected with. */
  submit(item: Item, signal: AbortSignal | null): Promise<Served<Result>> {
    if (this.#closed) return Promise.reject(new PointsmanError('ERR_CLOSED', 'the router was closed'));
    if (signal?.aborted) return Promise.reject(abortError('the request', signal));
    const { maxQueue } = this.#options;
    if (this.#queue.length >= maxQueue) {
      const message = `${maxQueue} requests are already waiting: slow down, add lanes or raise maxQueue`;
      return Promise.reject(new PointsmanError('ERR_QUEUE_FULL', message));
    }
    return new Promise((resolve, reject) => this.#enqueue(item, signal, resolve, reject));
  }

  /** Refuses new items, lets waiting ones finish, and resolves when nothing runs. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      this.#settleIdle();
    });
  }

  #enqueue(
    item: Item,
    signal: AbortSignal | null,
    resolve: (served: Served<Result>) => void,
    reject: (error: unknown) => void,
  ): void {
    const waiting: Waiting<Item, Result> = {
      item,
      size: this.#options.sizeOf(item),
      queuedAt: performance.now(),
      resolve,
      reject,
      signal,
      onAbort: () => {
        this.#queue = this.#queue.filter((other) => other !== waiting);
        if (signal !== null) reject(abortError('the request', signal));
        this.#settleIdle();
      },
    };
    signal?.addEventListener('abort', waiting.onAbort, { once: true });
    this.#queue.push(waiting);
    this.#scheduleDispatch();
  }

  /** Dispatch happens after the current turn, so that requests made in one turn share a batch. */
  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return;
    this.#dispatchScheduled = true;
    queueMicrotask(() => {
      this.#dispatchScheduled = false;
      while (this.#running < this.#options.lanes && this.#queue.length > 0)
        void this.#runBatch(this.#takeBatch());
      this.#settleIdle();
    });
  }

  /** With several lanes free, a share of the queue each: all lanes work at once. */
  #takeBatch(): Waiting<Item, Result>[] {
    const { lanes, maxBatchSize } = this.#options;
    const total = this.#queue.reduce((sum, waiting) => sum + waiting.size, 0);
    const budget = Math.min(maxBatchSize, Math.ceil(total / (lanes - this.#running)));
    let size = 0;
    let count = 0;
    for (const waiting of this.#queue) {
      if (count > 0 && size + waiting.size > budget) break;
      size += waiting.size;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.#running += 1;
    const startedAt = performance.now();
    for (const waiting of batch) waiting.signal?.removeEventListener('abort', waiting.onAbort);
    try {
      const results = await this.#options.run(batch.map((waiting) => waiting.item));
      for (const [index, waiting] of batch.entries()) {
        settle(waiting, results[index], startedAt - waiting.queuedAt);
      }
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.#running -= 1;
    this.#scheduleDispatch();
  }

  #settleIdle(): void {
    if (this.#running > 0 || this.#queue.length > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}

/** A caller who left while the batch ran gets ERR_ABORTED, not a late answer. */
function settle<Item, Result>(
  waiting: Waiting<Item, Result>,
  result: Result | undefined,
  queueMs: number,
): void {
  if (waiting.signal?.aborted) waiting.reject(abortError('the request', waiting.signal));
  else if (result === undefined)
    waiting.reject(new PointsmanError('ERR_INTERNAL', 'a lane answered too few results'));
  else waiting.resolve({ result, queueMs });
}

import { join } from 'node:path';
import { Piscina } from 'piscina';
import { packageRoot } from '../../bindings/package-root.ts';
import { abortError, PointsmanError } from '../errors.ts';
import type { LaneDevice } from './device.ts';
import type { LaneAnswer, LaneOutput, LaneSetup, LaneTask } from './messages.ts';

/**
 * Lanes give way to the host's own threads: where all cores are busy, the event loop would otherwise wait for a lane's
 * time slice to end before it may answer anybody. With two lanes on two busy cores the loop's p99 delay fell from
 * 15-31 ms to 7-12 ms, and throughput rose, for lanes were fed sooner. On Linux niceness is a property of a thread;
 * elsewhere it is one of the whole process, which is not ours to change. Where it cannot be set, nothing is lost.
 */
const laneNiceness = process.platform === 'linux' ? 5 : 0;

/** Threads that may die in a row before they are up, until what waits for them is given up. */
const maxFailedStarts = 3;

/**
 * A fixed set of worker threads that encode and score. The caller runs at most `count` tasks at a time: there is no
 * queue here (the batcher has it).
 */
export class Lanes {
  readonly count: number;
  readonly #pool: Piscina<LaneTask, LaneAnswer>;
  #device: LaneDevice = { device: 'cpu', deviceReason: null };
  #started = 0;
  #failedStarts = 0;
  #ended = false;

  private constructor(pool: Piscina<LaneTask, LaneAnswer>, count: number) {
    this.#pool = pool;
    this.count = count;
    pool.on('workerCreate', () => {
      this.#started += 1;
      this.#failedStarts = 0;
    });
    pool.on('workerDestroy', () => setImmediate(() => this.#restart()));
    // A lane that dies between two tasks is replaced like any other; without a listener it would end the process.
    pool.on('error', () => {});
  }

  /** Where they encode: all in the same place, for they share their weights. */
  get device(): LaneDevice {
    return this.#device;
  }

  /** Threads that died and were replaced. */
  get replaced(): number {
    return Math.max(0, this.#started - this.count);
  }

  /**
   * Resolves once every lane has its engine open, so that a bad setup fails here and not in a request. Rejects with
   * ERR_ABORTED where the signal is aborted before that.
   */
  static async start(setup: LaneSetup, count: number, signal: AbortSignal | null = null): Promise<Lanes> {
    if (signal?.aborted) throw abortError('starting the lanes', signal);
    const pool = new Piscina<LaneTask, LaneAnswer>({
      // Always the built file: worker threads cannot load TypeScript on every supported Node.
      filename: join(packageRoot(), 'dist', 'lib', 'pool', 'lane.js'),
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      niceIncrement: laneNiceness,
      workerData: setup,
    });
    const lanes = new Lanes(pool, count);
    // A thread that is ended while onnxruntime opens a session takes the process with it: the other lanes are waited
    // for where one fails, or the caller has had enough.
    const starts = await Promise.allSettled(Array.from({ length: count }, () => lanes.run([])));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined && !signal?.aborted) return lanes;
    await lanes.#end();
    throw signal?.aborted ? abortError('starting the lanes', signal) : failed?.reason;
  }

  /** Rejects with the lane's coded error, or ERR_LANE_FAILED where the thread died. Piscina replaces a dead thread. */
  async run(texts: readonly string[]): Promise<LaneOutput> {
    let answer: LaneAnswer;
    try {
      answer = await this.#pool.run({ texts });
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new PointsmanError('ERR_LANE_FAILED', `a worker lane died while it held the request: ${detail}`, {
        cause,
      });
    }
    if (!answer.ok) throw new PointsmanError(answer.code, answer.message);
    const { device, deviceReason } = answer.output;
    this.#device = { device, deviceReason };
    return answer.output;
  }

  /** Waits for running tasks, then ends the threads. Idempotent. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#pool.close();
  }

  async #end(): Promise<void> {
    this.#ended = true;
    await this.#pool.destroy();
  }

  /**
   * Piscina replaces no lane any more once one has died before it was up; what waits would then wait for ever. A task makes
   * it start a thread. Where threads go on dying, ending them all rejects what waits.
   */
  #restart(): void {
    if (this.#ended || this.#pool.threads.length >= this.count) return;
    this.#failedStarts += 1;
    if (this.#failedStarts <= maxFailedStarts) {
      this.#pool.run({ texts: [] }).catch(() => {}); // what became of it shows in the requests
      return;
    }
    this.#failedStarts = 0;
    void this.#pool.destroy();
  }
}

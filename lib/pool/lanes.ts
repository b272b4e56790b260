import { join } from 'node:path';
import { Piscina } from 'piscina';
import { packageRoot } from '../../bindings/package-root.ts';
import { PointsmanError } from '../errors.ts';
import type { LaneAnswer, LaneOutput, LaneSetup, LaneTask } from './messages.ts';

/**
 * A fixed set of worker threads that encode and score. The caller runs at most `count` tasks at a time: there is no
 * queue here (the batcher has it).
 */
export class Lanes {
  readonly count: number;
  readonly #pool: Piscina<LaneTask, LaneAnswer>;

  private constructor(pool: Piscina<LaneTask, LaneAnswer>, count: number) {
    this.#pool = pool;
    this.count = count;
  }

  /** Resolves once every lane has its engine open, so that a bad setup fails here and not in a request. */
  static async start(setup: LaneSetup, count: number): Promise<Lanes> {
    const pool = new Piscina<LaneTask, LaneAnswer>({
      // Always the built file: worker threads cannot load TypeScript on every supported Node.
      filename: join(packageRoot(), 'dist', 'lib', 'pool', 'lane.js'),
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: setup,
    });
    const lanes = new Lanes(pool, count);
    try {
      await Promise.all(Array.from({ length: count }, () => lanes.run([])));
    } catch (error) {
      await pool.destroy();
      throw error;
    }
    return lanes;
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
    return answer.output;
  }

  /** Waits for running tasks, then ends the threads. Idempotent. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** What the order of a queue depends on. Times are those of `performance.now()`. */
export interface Waiting {
  readonly queuedAt: number;
  /** Estimated tokens a lane will encode of it. */
  readonly tokens: number;
  /** Somebody waits for it against the clock. */
  readonly urgent: boolean;
}

export interface TakeLimits<Job> {
  /** A batch takes jobs until their tokens sum to this; a larger one goes alone. */
  readonly maxTokens: number;
  /** Whether freight may be the head of this batch while express waits. */
  readonly freightMayLead: boolean;
  /** Tokens that a batch with this job may hold for the job to be answered in time. */
  readonly tokensInTime: (job: Job) => number;
}

export interface TakenBatch<Job> {
  readonly jobs: readonly Job[];
  readonly tokens: number;
  readonly freight: boolean;
  /** Left the line too, but not even a batch of its own would be in time. */
  readonly tooLate: readonly Job[];
}

/** Looking for jobs that fit, a batch passes over so many: a full queue must not cost a walk through it a batch. */
const maxPassedOver = 64;

/**
 * The jobs that wait for a lane, in two lines by arrival: express (short and urgent) and freight (long, or without a
 * deadline, such as the prompts of `routeMany`).
 *
 * The rule. The oldest job of both lines is the head of the next batch, unless that is freight, express waits, and
 * freight already has its share of the lanes (see `Batcher`): then the oldest express job is. Behind the head the batch
 * is filled in order of arrival, express before freight, with all that fit what is left of the budget; those that do
 * not fit are passed over, and keep their places.
 *
 * So long prompts cannot hold every lane while short ones wait; and none starves: a job that is passed over becomes the
 * oldest of its line after as many batches as there are older jobs, and the oldest freight leads the next batch once a
 * freight batch has ended, however much express there is.
 */
export class WaitingLine<Job extends Waiting> {
  // A Set keeps the order of arrival and forgets a job in O(1), wherever it stands.
  readonly #express = new Set<Job>();
  readonly #freight = new Set<Job>();
  #expressTokens = 0;
  #freightTokens = 0;

  get size(): number {
    return this.#express.size + this.#freight.size;
  }

  get expressTokens(): number {
    return this.#expressTokens;
  }

  get freightTokens(): number {
    return this.#freightTokens;
  }

  /** A job longer than `longTokens` is freight, whoever waits for it. */
  add(job: Job, longTokens: number): void {
    if (job.urgent && job.tokens <= longTokens) {
      this.#express.add(job);
      this.#expressTokens += job.tokens;
    } else {
      this.#freight.add(job);
      this.#freightTokens += job.tokens;
    }
  }

  has(job: Job): boolean {
    return this.#express.has(job) || this.#freight.has(job);
  }

  /** Whether the job was there. */
  remove(job: Job): boolean {
    if (this.#express.delete(job)) {
      this.#expressTokens -= job.tokens;
      return true;
    }
    if (!this.#freight.delete(job)) return false;
    this.#freightTokens -= job.tokens;
    return true;
  }

  /** Takes the next batch out of the line; `jobs` is empty where nothing waits that could be served in time. */
  take(limits: TakeLimits<Job>): TakenBatch<Job> {
    const tooLate: Job[] = [];
    for (;;) {
      const head = this.#head(limits.freightMayLead);
      if (head === undefined) return { jobs: [], tokens: 0, freight: false, tooLate };
      const freight = this.#freight.has(head);
      this.remove(head);
      if (limits.tokensInTime(head) >= head.tokens) return this.#fill(head, freight, limits, tooLate);
      tooLate.push(head);
    }
  }

  #head(freightMayLead: boolean): Job | undefined {
    const [express] = this.#express;
    const [freight] = this.#freight;
    if (express === undefined || freight === undefined) return express ?? freight;
    return freightMayLead && freight.queuedAt < express.queuedAt ? freight : express;
  }

  #fill(head: Job, freight: boolean, limits: TakeLimits<Job>, tooLate: Job[]): TakenBatch<Job> {
    const jobs = [head];
    let tokens = head.tokens;
    let budget = Math.min(limits.maxTokens, limits.tokensInTime(head));
    let passedOver = 0;
    for (const line of [this.#express, this.#freight]) {
      for (const job of line) {
        if (passedOver >= maxPassedOver || tokens >= budget) break;
        const narrowed = Math.min(budget, limits.tokensInTime(job));
        if (tokens + job.tokens > narrowed) {
          passedOver += 1;
          continue;
        }
        this.remove(job);
        jobs.push(job);
        tokens += job.tokens;
        budget = narrowed;
      }
    }
    return { jobs, tokens, freight, tooLate };
  }
}

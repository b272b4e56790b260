import { abortError, PointsmanError } from '../errors.ts';
import { AbortWatch } from './abort-watch.ts';
import { Alarm } from './alarm.ts';
import type { Batcher, Job } from './batcher.ts';

export interface RequestOptions {
  readonly signal: AbortSignal | null;
  /** Milliseconds from now in which an answer is of use; Infinity for no limit. */
  readonly deadlineMs: number;
}

export interface Served<Result> {
  readonly result: Result;
  readonly queueMs: number;
  /** The computation had been asked for by another caller already. */
  readonly shared: boolean;
}

/** One caller of `request`, until it is settled. */
interface Caller<Result> {
  readonly flight: Flight<Result>;
  readonly shared: boolean;
  readonly deadlineMs: number;
  readonly deadline: number;
  readonly signal: AbortSignal | null;
  readonly resolve: (served: Served<Result>) => void;
  readonly reject: (error: unknown) => void;
}

/** One computation and all who wait for it. */
interface Flight<Result> extends Job<Result> {
  readonly callers: Set<Caller<Result>>;
  deadline: number;
  urgent: boolean;
}

/** What a timer is good to. */
const timerMs = 1;
/**
 * Kept back of every deadline, but no more than a tenth of it: the timer fires late by its granularity and by whatever
 * the event loop is at. Under twice the load a router can take, the loop's longest delay was 9 ms.
 */
const replyMs = 8;

/** When a caller must be answered at the latest, in time of `performance.now()`. */
function deadlineFrom(now: number, deadlineMs: number): number {
  return now + deadlineMs - Math.min(replyMs, deadlineMs / 10);
}

/**
 * Identical prompts that are asked for while one of them waits or runs share one computation. Every caller keeps its
 * own signal and deadline: one who leaves changes nothing for the others, and the computation is dropped from the queue
 * when all have left. (One that runs cannot be stopped; whoever asks for its prompt meanwhile still joins it.)
 *
 * Deadlines. A request is refused with ERR_DEADLINE at once where the work ahead of it will safely take longer than it
 * has; while it waits, as soon as what is left is too short to compute it; and at its deadline where it is still in a
 * lane. Joining costs no lane any time, so who joins is not refused at once. Where the host held up the event loop past
 * a deadline and the answer is there too, the answer is given: an error would be no earlier.
 */
export class Coalescer<Result> {
  readonly #batcher: Batcher<Result>;
  readonly #tokensOf: (prompt: string) => number;
  readonly #flights = new Map<string, Flight<Result>>();
  readonly #alarm = new Alarm<Caller<Result>>((caller) => this.#onDue(caller));
  readonly #signals = new AbortWatch<Caller<Result>>((caller, signal) =>
    this.#leave(caller, abortError('the request', signal)),
  );

  constructor(batcher: Batcher<Result>, tokensOf: (prompt: string) => number) {
    this.#batcher = batcher;
    this.#tokensOf = tokensOf;
  }

  /** Rejects with ERR_DEADLINE, ERR_ABORTED, ERR_CLOSED, ERR_QUEUE_FULL, or what the batch failed with. */
  async request(prompt: string, options: RequestOptions): Promise<Served<Result>> {
    if (options.signal?.aborted) throw abortError('the request', options.signal);
    const joined = this.#flights.get(prompt);
    const flight = joined ?? this.#start(prompt, options.deadlineMs);
    return new Promise((resolve, reject) => {
      this.#board(flight, options, { shared: joined !== undefined, resolve, reject });
    });
  }

  #start(prompt: string, deadlineMs: number): Flight<Result> {
    const tokens = this.#tokensOf(prompt);
    this.#checkInTime(tokens, deadlineMs);
    const now = performance.now();
    const callers = new Set<Caller<Result>>();
    const flight: Flight<Result> = {
      prompt,
      tokens,
      queuedAt: now,
      deadline: deadlineFrom(now, deadlineMs),
      urgent: Number.isFinite(deadlineMs),
      callers,
      get wanted() {
        return callers.size > 0;
      },
      succeed: (result, queueMs) => {
        for (const caller of this.#land(flight)) caller.resolve({ result, queueMs, shared: caller.shared });
      },
      fail: (error) => {
        for (const caller of this.#land(flight)) caller.reject(error);
      },
    };
    this.#batcher.submit(flight);
    this.#flights.set(prompt, flight);
    return flight;
  }

  #checkInTime(tokens: number, deadlineMs: number): void {
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const estimateMs = this.#batcher.estimateMs(tokens);
    if (estimateMs <= deadlineFrom(0, deadlineMs)) return;
    const { waiting } = this.#batcher.load;
    throw new PointsmanError(
      'ERR_DEADLINE',
      `an answer would take about ${Math.ceil(estimateMs)} ms, deadlineMs is ${deadlineMs}: ${waiting} requests are waiting`,
    );
  }

  #board(
    flight: Flight<Result>,
    { signal, deadlineMs }: RequestOptions,
    outcome: Pick<Caller<Result>, 'shared' | 'resolve' | 'reject'>,
  ): void {
    const deadline = deadlineFrom(performance.now(), deadlineMs);
    const caller: Caller<Result> = { flight, deadlineMs, deadline, signal, ...outcome };
    if (signal !== null) this.#signals.add(caller, signal);
    flight.callers.add(caller);
    flight.deadline = Math.max(flight.deadline, deadline);
    if (deadline === Number.POSITIVE_INFINITY) return;
    if (!flight.urgent) {
      flight.urgent = true;
      this.#batcher.requeue(flight);
    }
    this.#alarm.set(caller, deadline - this.#batcher.safeMs(flight.tokens));
  }

  /** Comes first when a caller's prompt would have to start, then at its deadline. */
  #onDue(caller: Caller<Result>): void {
    const now = performance.now();
    const waiting = this.#batcher.isWaiting(caller.flight);
    const neededMs = waiting ? this.#batcher.safeMs(caller.flight.tokens) : 0;
    const spareMs = caller.deadline - now - neededMs;
    if (spareMs > timerMs) {
      this.#alarm.set(caller, now + spareMs);
      return;
    }
    const state = waiting ? 'it was still waiting for a lane' : 'its lane had not answered yet';
    this.#leave(
      caller,
      new PointsmanError('ERR_DEADLINE', `no answer within deadlineMs ${caller.deadlineMs}: ${state}`),
    );
  }

  /** One caller goes; with the last one the computation goes too, unless a lane has it. */
  #leave(caller: Caller<Result>, error: PointsmanError): void {
    const { flight } = caller;
    if (!flight.callers.delete(caller)) return;
    this.#release(caller);
    if (flight.callers.size === 0 && this.#batcher.withdraw(flight)) this.#flights.delete(flight.prompt);
    caller.reject(error);
  }

  /** The computation is over: nobody may join it any more. Its callers, to be settled. */
  #land(flight: Flight<Result>): readonly Caller<Result>[] {
    this.#flights.delete(flight.prompt);
    const callers = [...flight.callers];
    flight.callers.clear();
    for (const caller of callers) this.#release(caller);
    return callers;
  }

  #release(caller: Caller<Result>): void {
    if (caller.signal !== null) this.#signals.remove(caller, caller.signal);
    this.#alarm.cancel(caller);
  }
}

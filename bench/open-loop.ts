import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Random } from '../lib/nn/random.ts';

/** What a router under load said to one prompt. */
export type Answer = 'decided' | 'fallback' | 'refused';

export interface Target {
  readonly name: string;
  readonly answer: (prompt: string) => Promise<Answer>;
  /** Gives up what still waits at the end of a run; its time then counts as what it had waited by then. */
  readonly abandon?: () => void;
}

/** What became of the prompts of one open-loop run. Latencies in milliseconds, from when a prompt was due to be sent. */
export interface LoadResult {
  readonly offeredPerSecond: number;
  readonly sent: number;
  readonly decided: number;
  readonly fallbacks: number;
  readonly refused: number;
  /** Decided within the deadline, a second. */
  readonly goodputPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** How much later than asked for a timer of the main thread fired. */
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface LoadOptions {
  readonly perSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly deadlineMs: number;
  readonly random: Random;
}

/** A late answer up to this is a timer's doing, not the router's. */
const graceMs = 5;
const eventLoopResolutionMs = 2;

/**
 * Poisson arrivals at a fixed mean rate that wait for nobody: latencies count from the planned arrival, so that a
 * router that holds up the main thread is charged for the prompts it kept from being sent.
 */
export async function offerLoad(
  target: Target,
  prompts: Iterator<string, never>,
  options: LoadOptions,
): Promise<LoadResult> {
  const { perSecond, seconds, warmUpSeconds, deadlineMs } = options;
  const delay = monitorEventLoopDelay({ resolution: eventLoopResolutionMs });
  const tally = new Tally(deadlineMs);
  const outstanding = new Set<Promise<void>>();
  const start = performance.now();
  for (const at of arrivals(options)) {
    const wait = start + at - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const isMeasured = at >= warmUpSeconds * 1000;
    if (isMeasured) delay.enable();
    const answered = target.answer(prompts.next().value).then((answer) => {
      if (isMeasured) tally.add(answer, performance.now() - start - at);
      outstanding.delete(answered);
    });
    outstanding.add(answered);
  }
  delay.disable();
  target.abandon?.();
  await Promise.all(outstanding);
  const late = (percentile: number) =>
    Math.max(0, delay.percentile(percentile) / 1e6 - eventLoopResolutionMs);
  return {
    offeredPerSecond: perSecond,
    ...tally.summary(seconds),
    eventLoopDelay: { p50: late(50), p99: late(99), max: late(100) },
  };
}

/** Answers by kind and their latencies, in constant memory: a soak test must not measure its own notes. */
class Tally {
  readonly #deadlineMs: number;
  readonly #microseconds = createHistogram();
  readonly #answers: Record<Answer, number> = { decided: 0, fallback: 0, refused: 0 };
  #inTime = 0;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  add(answer: Answer, ms: number): void {
    this.#answers[answer] += 1;
    this.#microseconds.record(Math.max(1, Math.round(ms * 1000)));
    if (answer === 'decided' && ms <= this.#deadlineMs + graceMs) this.#inTime += 1;
  }

  summary(seconds: number): Omit<LoadResult, 'offeredPerSecond' | 'eventLoopDelay'> {
    const { decided, fallback, refused } = this.#answers;
    const ms = (percentile: number) => this.#microseconds.percentile(percentile) / 1000;
    return {
      sent: decided + fallback + refused,
      decided,
      fallbacks: fallback,
      refused,
      goodputPerSecond: this.#inTime / seconds,
      p50: ms(50),
      p95: ms(95),
      p99: ms(99),
      max: this.#microseconds.max / 1000,
    };
  }
}

/** Prompts a second that `target` decides where `concurrency` callers each wait for their answer before they ask again. */
export async function measureCapacity(
  target: Target,
  prompts: Iterator<string, never>,
  { concurrency, seconds, warmUpSeconds }: { concurrency: number; seconds: number; warmUpSeconds: number },
): Promise<number> {
  const from = performance.now() + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  let decided = 0;
  const caller = async () => {
    while (performance.now() < until) {
      await target.answer(prompts.next().value);
      const now = performance.now();
      if (now >= from && now < until) decided += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return decided / seconds;
}

/** Milliseconds from the start at which prompts are due. */
function* arrivals({ perSecond, seconds, warmUpSeconds, random }: LoadOptions): Generator<number> {
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - random.uniform()) * 1000) / perSecond;
    if (at >= (warmUpSeconds + seconds) * 1000) return;
    yield at;
  }
}

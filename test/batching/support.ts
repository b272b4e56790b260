import { Batcher } from '../../lib/batching/batcher.ts';
import { Coalescer, type RequestOptions } from '../../lib/batching/coalescer.ts';
import { LaneMeter } from '../../lib/batching/lane-meter.ts';

export interface RunningBatch {
  readonly prompts: readonly string[];
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

export interface ControlledOptions {
  readonly lanes?: number;
  readonly maxQueue?: number;
  readonly meter?: LaneMeter;
}

/** Learns nothing: batches hold 256 tokens whatever the clock says, and no deadline is ever known to be missed. */
export class UntaughtMeter extends LaneMeter {
  override record(): void {}
}

/** A batcher behind its coalescer whose batches end when the test says so; a prompt has as many tokens as characters. */
export function controlled({
  lanes = 1,
  maxQueue = 100,
  meter = new UntaughtMeter(),
}: ControlledOptions = {}) {
  const batches: RunningBatch[] = [];
  const batcher = new Batcher<string>({
    lanes,
    maxQueue,
    meter,
    run: (prompts) =>
      new Promise((resolve, reject) => {
        const finish = () => resolve(prompts.map((prompt) => prompt.toUpperCase()));
        batches.push({ prompts, finish, fail: reject });
      }),
  });
  const coalescer = new Coalescer(batcher, (prompt) => prompt.length);
  const request = (prompt: string, options: Partial<RequestOptions> = {}) =>
    coalescer.request(prompt, { signal: null, deadlineMs: 60_000, ...options });
  return { batcher, coalescer, batches, request };
}

/** Lets microtasks and messages that are under way arrive. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Waits for the clock: what is under test is time itself. */
export const elapse = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A prompt of so many tokens that begins with `name`. */
export const sized = (name: string, tokens: number) => name.padEnd(tokens, '.');

/** First characters up to the padding, for reading a batch. */
export const names = (batch: RunningBatch | undefined) =>
  batch?.prompts.map((prompt) => prompt.replace(/\.+$/, ''));

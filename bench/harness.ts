import benny from 'benny';

/** One contestant of a group: what is called, what it must have got right, and how much one call does. */
export interface BenchCase {
  readonly name: string;
  /** Called many times; a promise is awaited. Its result is dropped. */
  readonly run: () => unknown;
  /** Throws where the result is wrong. Every check of a group passes before anything of it is timed. */
  readonly check?: () => void | Promise<void>;
  /** Work of one call, for a rate beside the time: `{ amount: 2 * m * n * k, unit: 'FLOP' }`. */
  readonly work?: Work;
}

export interface Work {
  readonly amount: number;
  /** Plural, as in "tokens/s". */
  readonly unit: string;
}

/** A contestant that could not take part. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** Cases that do the same job, measured interleaved; the others are compared to the first. */
export interface CaseGroup {
  readonly title: string;
  readonly cases: readonly BenchCase[];
  readonly skipped?: readonly Skipped[];
  /** What a reader must know: required agreement, where the input comes from. */
  readonly notes?: readonly string[];
}

/** Figures that are not times of a call, such as memory of a process. One row a name, one column a key. */
export interface FigureGroup {
  readonly title: string;
  readonly figures: readonly { readonly name: string; readonly values: Readonly<Record<string, number>> }[];
  readonly notes?: readonly string[];
}

export interface BenchOptions {
  /** Folder of routing data sets (it holds mixed-2024/ and others); null: benches make their own text. */
  readonly data: string | null;
  /** Interleaved rounds per group. */
  readonly rounds: number;
  /** Install and run the contestants of bench/peers too. */
  readonly peers: boolean;
}

/**
 * A bench yields its groups one by one: what a group needs is opened before its `yield` and closed after it. The
 * generator is finished by `return` where a check fails, so `finally` and `using` hold.
 */
export interface Bench {
  readonly name: string;
  readonly description: string;
  groups(options: BenchOptions): AsyncIterable<CaseGroup | FigureGroup>;
}

export interface CaseResult {
  readonly name: string;
  /** Of the times of one call, one per round. */
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Median over the rounds of this case's time by the first case's in the same round. */
  readonly ratio: number;
  readonly work: Work | null;
  readonly unitsPerSecond: number | null;
}

/** A sample is at least this long; shorter calls are repeated within it. */
const minSampleSeconds = 0.02;

/** Checks all cases, then times them in turn, A B C A B C ..., so that a machine that changes its speed changes it for all. */
export async function measure(cases: readonly BenchCase[], rounds: number): Promise<CaseResult[]> {
  for (const { name, check } of cases) {
    try {
      await check?.();
    } catch (cause) {
      throw new Error(`${name} is wrong, so nothing was timed: ${String(cause)}`, { cause });
    }
  }
  const times = cases.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of cases.entries()) times[index]?.push(await timeOnce(contestant));
  }
  const [first = []] = times;
  return cases.map(({ name, work = null }, index) => {
    const own = times[index] ?? [];
    const medianMs = quantile(own, 0.5);
    return {
      name,
      medianMs,
      p95Ms: quantile(own, 0.95),
      ratio: quantile(
        own.map((time, round) => time / (first[round] ?? Number.NaN)),
        0.5,
      ),
      work,
      unitsPerSecond: work === null ? null : (1000 * work.amount) / medianMs,
    };
  });
}

/** Milliseconds of one call, by a suite of benny with one sample. */
async function timeOnce({ name, run }: BenchCase): Promise<number> {
  const warmUp = run(); // brings back into the caches what the contestant before pushed out
  await warmUp;
  let timing = false;
  // Benny calls an asynchronous case twice at once to see what it answers; that much work was not asked for.
  const probed = warmUp instanceof Promise ? () => (timing ? run() : warmUp) : run;
  const summary = await withoutLog(() =>
    benny.suite(
      name,
      benny.add(name, probed),
      async () => (suite) => suite.on('start', () => (timing = true)),
      benny.configure({ cases: { minSamples: 1, maxTime: 0, minTime: minSampleSeconds } }),
    ),
  );
  const median = summary.results[0]?.details.median;
  if (median === undefined || Number.isNaN(median)) throw new Error(`benny has no time for "${name}"`);
  return median * 1000;
}

/** Benny announces every suite on stdout, where only results belong. */
async function withoutLog<T>(body: () => Promise<T>): Promise<T> {
  const log = console.log;
  console.log = () => undefined;
  try {
    return await body();
  } finally {
    console.log = log;
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

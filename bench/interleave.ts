/** Times in milliseconds of one contestant, sorted. */
export interface Timings {
  readonly median: number;
  readonly p95: number;
  readonly runs: number;
}

export type Contestants = Readonly<Record<string, () => unknown>>;

/**
 * Runs every contestant in turn, A B C A B C ..., so that a machine that changes its speed changes it for all; the first
 * `warmup` rounds are not counted. Results are awaited.
 */
export async function interleave(
  contestants: Contestants,
  { rounds, warmup }: { readonly rounds: number; readonly warmup: number },
): Promise<Readonly<Record<string, Timings>>> {
  const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = -warmup; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      await run();
      const elapsed = performance.now() - start;
      if (round >= 0) times.get(name)?.push(elapsed);
    }
  }
  return Object.fromEntries([...times].map(([name, taken]) => [name, summarise(taken)]));
}

function summarise(times: readonly number[]): Timings {
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: quantile(0.5), p95: quantile(0.95), runs: sorted.length };
}

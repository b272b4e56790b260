import type { PolicySpec } from '../policy/policy.ts';

/** Results go to stdout, nothing else does. */
export function printResult(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  printResult(JSON.stringify(value, null, 2));
}

/** Talk, progress and warnings go to stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** "tolerance 0.1" or "utility at 35 quality per USD". */
export function describePolicy(policy: PolicySpec): string {
  switch (policy.kind) {
    case 'tolerance':
      return `tolerance ${policy.tolerance}`;
    case 'utility':
      return `utility at ${Number(Number(policy.costWeight).toPrecision(3))} quality per USD`;
    case 'preference':
      return `preference, cost weighing ${Number(Number(policy.costWeight).toPrecision(3))} beside quality`;
    case 'network':
      return `preference by the policy network, cost weighing ${Number(policy.costWeight.toPrecision(3))} beside quality`;
    case 'guarded':
      return `guarded by ${policy.anchor} with a mean loss of at most ${policy.maxLoss}`;
  }
}

/** USD with three significant digits and no exponent. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0';
  const digits = Math.max(2, 2 - Math.floor(Math.log10(Math.abs(usd))));
  return `$${usd.toFixed(Math.min(digits, 20))}`;
}

/**
 * One status line on stderr: rewritten in place on a terminal, else a line every ten seconds. Silent for the first
 * two seconds.
 */
export class Progress {
  readonly #start = performance.now();
  #last = 0;
  #shown = false;

  update(stage: string, done: number, total: number): void {
    const elapsed = performance.now() - this.#start;
    const interval = process.stderr.isTTY ? 200 : 10_000;
    if (elapsed < 2000 || elapsed - this.#last < interval) return;
    this.#last = elapsed;
    this.#shown = true;
    const share = total > 0 ? ` ${((100 * done) / total).toFixed(0)}%` : '';
    const count = Number.isInteger(done) ? ` ${done}/${total}` : '';
    const line = `${stage}:${count}${share}, ${(elapsed / 1000).toFixed(0)} s`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  /** Clears the line, so that results start clean. */
  done(): void {
    if (this.#shown && process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
    this.#shown = false;
  }
}

/** setTimeout counts whole milliseconds and may fire a fraction early; what is due within this is due now. */
const granularityMs = 0.5;
/** Longer delays overflow setTimeout's 32 bits and fire at once; the alarm then only looks again. */
const longestDelayMs = 2 ** 31 - 1;

interface Entry<T> {
  readonly item: T;
  readonly at: number;
  /** Its index in the heap. */
  place: number;
}

/**
 * Calls back for each item when its time has come, with one timer for all: a binary heap by time that knows each item's
 * place in it, so that setting and cancelling are O(log n). Times are those of `performance.now()`.
 */
export class Alarm<T> {
  readonly #onDue: (item: T) => void;
  readonly #heap: Entry<T>[] = [];
  readonly #entries = new Map<T, Entry<T>>();
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(onDue: (item: T) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Replaces the item's earlier time. Infinity: never. */
  set(item: T, at: number): void {
    this.cancel(item);
    if (at === Number.POSITIVE_INFINITY) return;
    const entry = { item, at, place: this.#heap.length };
    this.#entries.set(item, entry);
    this.#heap.push(entry);
    this.#rise(entry);
    this.#arm();
  }

  cancel(item: T): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, entry.place);
    this.#rise(last);
    this.#sink(last);
  }

  /** A timer set for a time since cancelled is left to fire and look again: re-arming on every request costs more. */
  #arm(): void {
    const next = this.#heap[0];
    if (next === undefined || next.at >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = next.at;
    const delay = Math.min(longestDelayMs, Math.max(0, next.at - performance.now()));
    // Whoever waits for an answer is kept alive by the lanes; a stale timer must not keep the process from its end.
    this.#timer = setTimeout(() => this.#ring(), delay).unref();
  }

  #ring(): void {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now() + granularityMs;
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.cancel(next.item);
      this.#onDue(next.item);
    }
    this.#arm();
  }

  #put(entry: Entry<T>, place: number): void {
    entry.place = place;
    this.#heap[place] = entry;
  }

  #rise(entry: Entry<T>): void {
    while (entry.place > 0) {
      const place = entry.place;
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.at <= entry.at) return;
      this.#put(parent, place);
      this.#put(entry, above);
    }
  }

  #sink(entry: Entry<T>): void {
    for (;;) {
      const place = entry.place;
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || child.at >= entry.at) return;
      this.#put(entry, child.place);
      this.#put(child, place);
    }
  }
}

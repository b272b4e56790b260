interface Watched<T> {
  readonly items: Set<T>;
  readonly onAbort: () => void;
}

/**
 * Calls back for each item whose signal is aborted, with one listener a signal: thousands of requests may share one, and
 * an EventTarget warns of a leak past ten listeners and searches all of them to remove one.
 */
export class AbortWatch<T> {
  readonly #onAbort: (item: T, signal: AbortSignal) => void;
  readonly #watched = new Map<AbortSignal, Watched<T>>();

  constructor(onAbort: (item: T, signal: AbortSignal) => void) {
    this.#onAbort = onAbort;
  }

  /** Signals that have items. */
  get size(): number {
    return this.#watched.size;
  }

  add(item: T, signal: AbortSignal): void {
    const watched = this.#watched.get(signal) ?? this.#listen(signal);
    watched.items.add(item);
  }

  remove(item: T, signal: AbortSignal): void {
    const watched = this.#watched.get(signal);
    if (watched === undefined) return;
    watched.items.delete(item);
    if (watched.items.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener('abort', watched.onAbort);
  }

  #listen(signal: AbortSignal): Watched<T> {
    const items = new Set<T>();
    const onAbort = () => {
      this.#watched.delete(signal);
      for (const item of items) this.#onAbort(item, signal);
    };
    const watched = { items, onAbort };
    this.#watched.set(signal, watched);
    signal.addEventListener('abort', onAbort, { once: true });
    return watched;
  }
}

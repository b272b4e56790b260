import type { RouterManifest } from '../artifact/schema.ts';
import type { RejectedDecision, RoutedDecision } from '../decision.ts';
import type { RouterFeedbackOptions } from './options.ts';
import { recordOf } from './records.ts';
import { type FeedbackCounts, type FeedbackDetails, FeedbackStore } from './store.ts';

/** A router's side of its store: what it keeps of its decisions. */
export class Feedback {
  readonly #store: FeedbackStore;
  readonly #router: string;

  private constructor(store: FeedbackStore, router: string) {
    this.#store = store;
    this.#router = router;
  }

  /** Rejects as `FeedbackStore.open` does. */
  static async open(
    { path, ...options }: RouterFeedbackOptions,
    manifest: RouterManifest,
  ): Promise<Feedback> {
    const store = await FeedbackStore.open(path, options);
    const router = manifest.tensors.sha256;
    try {
      const models = manifest.models.map(({ id }) => id);
      await store.addRouter(router, { models, encoder: manifest.encoder });
    } catch (error) {
      await store.close();
      throw error;
    }
    return new Feedback(store, router);
  }

  get counts(): FeedbackCounts {
    return this.#store.counts;
  }

  /** A rejected decision has no answer that anybody could score. */
  keep(decision: RoutedDecision | RejectedDecision, features: Uint16Array | null, prompt: string): void {
    if (decision.kind !== 'routed' || features === null) return;
    const kept = { router: this.#router, prompt: this.#store.keepsPrompts ? prompt : null };
    this.#store.remember(recordOf(decision, features, kept));
  }

  score(decisionId: string, score: number, details: FeedbackDetails): Promise<void> {
    return this.#store.feedback(decisionId, score, details);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

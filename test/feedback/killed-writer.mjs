// Scores decisions without end, and names each one on stdout once it is acknowledged; it is killed by its parent.
import { writeSync } from 'node:fs';

const [store, marks] = process.argv.slice(2);
const { FeedbackStore } = await import(store);
const { newDecisionId } = await import(marks);
const feedback = await FeedbackStore.open(process.argv[4]);
const score = async () => {
  for (;;) {
    const id = newDecisionId();
    feedback.remember({
      id,
      decidedAt: Date.now(),
      router: 'r',
      model: 'small',
      probability: 1,
      policy: { kind: 'tolerance', tolerance: 0 },
      features: new Uint16Array(784).fill(0x3c00),
      quality: Float32Array.of(0.5),
      costUsd: Float64Array.of(0.5),
      atChoice: Uint8Array.of(1),
      inputTokens: 1,
      prompt: null,
    });
    await feedback.feedback(id, 0.5);
    writeSync(1, `${id}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, score));

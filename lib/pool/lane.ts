/** Entry of a worker thread: one lane, one engine, weights shared with every other lane of the process. */
import { workerData } from 'piscina';
import type { NativeEngine, NativeHead } from '../../bindings/addon.ts';
import { attachHead, openEngine } from '../../bindings/engine.ts';
import { estimateTokens, exactTokenLimit } from '../cost/token-count.ts';
import { codeOf } from '../errors.ts';
import type { LaneAnswer, LaneOutput, LaneSetup, LaneTask } from './messages.ts';

interface Lane {
  readonly engine: NativeEngine;
  readonly head: NativeHead | null;
}

let opened: Lane | null = null;

function openLane(setup: LaneSetup): Lane {
  const engine = openEngine(setup.encoder);
  return { engine, head: setup.headId === null ? null : attachHead(setup.headId) };
}

function runBatch(lane: Lane, texts: readonly string[]): LaneOutput {
  const start = performance.now();
  const { embeddings, tokens } = lane.engine.embed(texts);
  const values = lane.head === null ? embeddings : lane.head.score(embeddings, texts.length);
  const inputTokens = new Float64Array(texts.length);
  const exact = new Uint8Array(texts.length);
  for (const [index, text] of texts.entries()) {
    const estimate = estimateTokens(lane.engine.countTokens(text, exactTokenLimit));
    inputTokens[index] = estimate.tokens;
    exact[index] = estimate.exact ? 1 : 0;
  }
  return { values, encodedTokens: tokens, inputTokens, exact, laneMs: performance.now() - start };
}

/** Piscina calls the default export; every failure comes back as data. */
export default function runTask(task: LaneTask): LaneAnswer {
  try {
    opened ??= openLane(workerData as LaneSetup);
    return { ok: true, output: runBatch(opened, task.texts) };
  } catch (error) {
    return {
      ok: false,
      code: codeOf(error),
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Entry of a worker thread: one lane, one encoder. Native weights are shared with every other lane of the process. */
import { workerData } from 'node:worker_threads';
import type { NativeHead } from '../../bindings/addon.ts';
import { attachHead } from '../../bindings/engine.ts';
import { estimateTokens, exactTokenLimit } from '../cost/token-count.ts';
import { codeOf } from '../errors.ts';
import { type LaneEncoder, openLaneEncoder } from './lane-encoder.ts';
import type { LaneAnswer, LaneOutput, LaneSetup, LaneTask } from './messages.ts';

interface Lane {
  readonly encoder: LaneEncoder;
  readonly head: NativeHead | null;
  readonly costHead: NativeHead | null;
}

let opened: Lane | null = null;

async function openLane(setup: LaneSetup): Promise<Lane> {
  const encoder = await openLaneEncoder(setup.encoder);
  const { headId, costHeadId = null } = setup;
  return {
    encoder,
    head: headId === null ? null : attachHead(headId),
    costHead: costHeadId === null ? null : attachHead(costHeadId),
  };
}

async function runBatch(lane: Lane, texts: readonly string[]): Promise<LaneOutput> {
  const start = performance.now();
  const { embeddings, tokens } = await lane.encoder.embed(texts);
  const values = lane.head === null ? embeddings : lane.head.score(embeddings, texts.length);
  const costValues = lane.costHead?.score(embeddings, texts.length) ?? null;
  const inputTokens = new Float64Array(texts.length);
  const exact = new Uint8Array(texts.length);
  for (const [index, text] of texts.entries()) {
    const estimate = estimateTokens(lane.encoder.countTokens(text, exactTokenLimit));
    inputTokens[index] = estimate.tokens;
    exact[index] = estimate.exact ? 1 : 0;
  }
  const laneMs = performance.now() - start;
  const { device, deviceReason } = lane.encoder;
  return { values, costValues, encodedTokens: tokens, inputTokens, exact, laneMs, device, deviceReason };
}

/** Piscina calls the default export; every failure comes back as data. */
export default async function runTask(task: LaneTask): Promise<LaneAnswer> {
  try {
    opened ??= await openLane(workerData as LaneSetup);
    return { ok: true, output: await runBatch(opened, task.texts) };
  } catch (error) {
    return {
      ok: false,
      code: codeOf(error),
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

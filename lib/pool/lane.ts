/** Entry of a worker thread: one lane, one encoder. Native weights are shared with every other lane of the process. */
import { workerData } from 'node:worker_threads';
import type { NativeHead } from '../../bindings/addon.ts';
import { attachHead } from '../../bindings/engine.ts';
import { estimateTokens, exactTokenLimit } from '../cost/token-count.ts';
import { codeOf } from '../errors.ts';
import { type LaneEncoder, openLaneEncoder } from './lane-encoder.ts';
import type { LaneAnswer, LaneOutput, LaneSetup, LaneTask } from './messages.ts';
import { narrowFloat16 } from './narrow-float16.ts';

interface Lane {
  readonly encoder: LaneEncoder;
  readonly head: NativeHead | null;
  readonly costHead: NativeHead | null;
  readonly policyHead: NativeHead | null;
  readonly keepFeatures: boolean;
}

let opened: Lane | null = null;

async function openLane(setup: LaneSetup): Promise<Lane> {
  const encoder = await openLaneEncoder(setup.encoder);
  const { headId, costHeadId = null, policyHeadId = null, keepFeatures = false } = setup;
  const attach = (id: number | null) => (id === null ? null : attachHead(id));
  return {
    encoder,
    head: attach(headId),
    costHead: attach(costHeadId),
    policyHead: attach(policyHeadId),
    keepFeatures,
  };
}

async function runBatch(lane: Lane, texts: readonly string[]): Promise<LaneOutput> {
  const start = performance.now();
  const { embeddings, tokens } = await lane.encoder.embed(texts);
  const values = lane.head === null ? embeddings : lane.head.score(embeddings, texts.length);
  const costValues = lane.costHead?.score(embeddings, texts.length) ?? null;
  const policyValues = lane.policyHead?.score(embeddings, texts.length) ?? null;
  const features = lane.keepFeatures ? narrowFloat16(embeddings) : null;
  const inputTokens = new Float64Array(texts.length);
  const exact = new Uint8Array(texts.length);
  for (const [index, text] of texts.entries()) {
    const estimate = estimateTokens(lane.encoder.countTokens(text, exactTokenLimit));
    inputTokens[index] = estimate.tokens;
    exact[index] = estimate.exact ? 1 : 0;
  }
  const laneMs = performance.now() - start;
  const { device, deviceReason } = lane.encoder;
  return {
    ...{ values, costValues, policyValues, features },
    ...{ encodedTokens: tokens, inputTokens, exact },
    ...{ laneMs, device, deviceReason },
  };
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

/** Entry of a worker thread: one lane, one encoder. Native weights are shared with every other lane of the process. */
import { workerData } from 'node:worker_threads';
import type { NativeHeadGroup } from '../../bindings/addon.ts';
import { openHeadGroup } from '../../bindings/engine.ts';
import { estimateTokens, exactTokenLimit } from '../cost/token-count.ts';
import { codeOf } from '../errors.ts';
import { deviceOf, type LaneDevice } from './device.ts';
import { type LaneEncoder, openLaneEncoder } from './lane-encoder.ts';
import type { LaneAnswer, LaneOutput, LaneSetup, LaneTask } from './messages.ts';
import { narrowFloat16 } from './narrow-float16.ts';

/** The heads of `ids`, null for one that is not there; no group where none is. */
interface LaneHeads {
  readonly ids: readonly (number | null)[];
  readonly group: NativeHeadGroup | null;
}

interface Lane {
  readonly encoder: LaneEncoder;
  readonly heads: LaneHeads;
  readonly keepFeatures: boolean;
}

let opened: Lane | null = null;

async function openLane(setup: LaneSetup): Promise<Lane> {
  const encoder = await openLaneEncoder(setup.encoder);
  const { headId, costHeadId = null, policyHeadId = null, keepFeatures = false } = setup;
  return { encoder, heads: openHeads([headId, costHeadId, policyHeadId], encoder.device), keepFeatures };
}

/** Beside the encoder; heads that the GPU cannot evaluate stay on the CPU. */
function openHeads(ids: readonly (number | null)[], device: LaneDevice['device']): LaneHeads {
  const present = ids.filter((id) => id !== null);
  const wish = device === 'cuda' ? 'auto' : 'cpu';
  return { ids, group: present.length === 0 ? null : openHeadGroup(present, wish) };
}

/** Scores of the prompts by every head in the order of `ids`, null of one that is not there. */
function scoreHeads({ ids, group }: LaneHeads, embeddings: Float32Array, count: number) {
  const scores = group?.score(embeddings, count).values();
  return ids.map((id) => (id === null ? null : (scores?.next().value ?? null)));
}

async function runBatch(lane: Lane, texts: readonly string[]): Promise<LaneOutput> {
  const start = performance.now();
  const { embeddings, tokens } = await lane.encoder.embed(texts);
  const [values, costValues = null, policyValues = null] = scoreHeads(lane.heads, embeddings, texts.length);
  const features = lane.keepFeatures ? narrowFloat16(embeddings) : null;
  const inputTokens = new Float64Array(texts.length);
  const exact = new Uint8Array(texts.length);
  for (const [index, text] of texts.entries()) {
    const estimate = estimateTokens(lane.encoder.countTokens(text, exactTokenLimit));
    inputTokens[index] = estimate.tokens;
    exact[index] = estimate.exact ? 1 : 0;
  }
  const laneMs = performance.now() - start;
  return {
    ...{ values: values ?? embeddings, costValues, policyValues, features },
    ...{ encodedTokens: tokens, inputTokens, exact },
    ...{ laneMs, ...deviceOf(lane.encoder, lane.heads.group) },
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

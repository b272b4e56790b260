import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHead, openEngine } from '../bindings/engine.ts';
import { readArtifact } from '../lib/artifact/artifact.ts';
import { findNativeEncoder } from '../lib/artifact/encoder-files.ts';
import { indexConstraints } from '../lib/constraints.ts';
import { decide } from '../lib/decide.ts';
import type { Decision } from '../lib/decision.ts';
import { newDecisionId } from '../lib/decision-marks.ts';
import { exportOnnx } from '../lib/onnx/export-encoder.ts';
import { FeatureRows } from '../lib/onnx/feature-rows.ts';
import { OnnxSession } from '../lib/onnx/onnx-session.ts';
import { padBatch } from '../lib/onnx/padded-batches.ts';
import { embeddingAlone } from '../lib/pool/features.ts';
import { resolveRouteOptions } from '../lib/route-options.ts';
import { defaultRouterFolder } from '../lib/router.ts';

interface Waiting {
  readonly prompt: string;
  readonly resolve: (decision: Decision) => void;
  readonly reject: (error: Error) => void;
}

const infinity = Number.POSITIVE_INFINITY;
/** What a plain server would take at once. */
const maxBatch = 8;

/**
 * The router one would write in an afternoon: one onnxruntime-node session (fp32, the same weights) in the main thread
 * with a thread a core, the prompts that have come as one padded batch of up to 8 (more would hold up the main thread
 * longer), the same head and policy. Its tokeniser is Pointsman's, which is in its favour. No deadline, no limit to its
 * queue.
 */
export class PlainOnnxRouter {
  readonly #route: (prompts: readonly string[]) => Promise<Decision[]>;
  readonly #dispose: () => Promise<void>;
  #queue: Waiting[] = [];
  #running = false;

  private constructor(
    route: (prompts: readonly string[]) => Promise<Decision[]>,
    dispose: () => Promise<void>,
  ) {
    this.#route = route;
    this.#dispose = dispose;
  }

  static async open(threads: number): Promise<PlainOnnxRouter> {
    const { manifest, estimator } = await readArtifact(defaultRouterFolder());
    const { view = 'head', features = embeddingAlone, maxTokens } = manifest.encoder;
    const { kind: _, ...native } = (await findNativeEncoder(null, maxTokens)).options;
    const tokenizer = openEngine({ ...native, view });
    const rows = new FeatureRows({ ...manifest.encoder, features });
    const session = await openExported(threads);
    const head = createHead(estimator.headSpec());
    const models = manifest.models.map(({ id }) => id);
    const { constraints } = resolveRouteOptions({}, models, {
      policy: manifest.defaults.policy,
      preferences: null,
      deadlineMs: infinity,
    });
    const rules = {
      policy: manifest.defaults.policy,
      constraints: indexConstraints(constraints),
      override: null,
      cachedInputTokens: 0,
      intervals: null,
      explore: null,
    };
    const route = async (prompts: readonly string[]) => {
      const sequences = prompts.map((prompt) => tokenizer.tokenize(prompt, maxTokens));
      const batch = padBatch(sequences, [...sequences.keys()], 0);
      const output = await session.run(batch, rows.needTokenEmbeddings);
      const values = new Float32Array(prompts.length * rows.width);
      for (const [row, { length: tokens }] of sequences.entries()) {
        const to = values.subarray(row * rows.width, (row + 1) * rows.width);
        rows.pool(output, { row, length: batch.length, tokens }, to);
      }
      rows.setSurface(prompts, values);
      return sequences.map(({ length: tokens }, row) => {
        const quality = head.score(values.subarray(row * rows.width, (row + 1) * rows.width), 1);
        const inputTokens = { count: tokens, exact: true, encoded: tokens };
        const timings = { queueMs: 0, laneMs: 0, totalMs: 0, device: 'cpu', deviceReason: null } as const;
        const prediction = { quality, costValues: null, inputTokens, source: 'lane' } as const;
        return decide(manifest.models, prediction, rules, { id: newDecisionId(), draw: 0, timings });
      });
    };
    return new PlainOnnxRouter(route, async () => {
      tokenizer.dispose();
      head.dispose();
      await session.close();
    });
  }

  route(prompt: string): Promise<Decision> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ prompt, resolve, reject });
      if (!this.#running) void this.#work();
    });
  }

  /** Rejects what waits. */
  abandon(): void {
    for (const { reject } of this.#queue.splice(0)) reject(new Error('abandoned'));
  }

  async close(): Promise<void> {
    await this.#dispose();
  }

  async #work(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, maxBatch);
      const decisions = await this.#route(batch.map(({ prompt }) => prompt));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const decision = decisions[index];
        if (decision === undefined) reject(new Error('no decision'));
        else resolve(decision);
      }
    }
    this.#running = false;
  }
}

/** The default encoder as an fp32 ONNX file. */
async function openExported(threads: number): Promise<OnnxSession> {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-load-'));
  try {
    return await OnnxSession.open(await exportOnnx({ out: join(folder, 'encoder') }), threads);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

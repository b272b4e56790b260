import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArtifactParts, type ManifestInput, writeArtifact } from '../../lib/artifact/artifact.ts';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { type CalibrationSet, calibrationSetOf } from '../../lib/calibration/calibration-set.ts';
import type { CostHead } from '../../lib/cost/cost-head.ts';
import { estimatorFromState } from '../../lib/estimator/registry.ts';
import { Random } from './random.ts';

export const tinyModels = ['small', 'medium', 'large'];

/** A temporary folder with a `clean` to remove it. */
export function temporaryFolder(): { readonly path: string; readonly clean: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'pointsman-'));
  return { path, clean: () => rmSync(path, { recursive: true, force: true }) };
}

/** Evidence on the models of the tiny router: `medium` is as good as `large`, `small` is worse; no prompt is special. */
export function tinyCalibration(rows = 1500): CalibrationSet {
  const random = new Random(9);
  const chances = [0.4, 0.9, 0.9];
  return calibrationSetOf({
    models: tinyModels,
    predictedQuality: Array.from({ length: rows }, () => chances).flat(),
    scores: Array.from({ length: rows }, () => {
      const bar = random.next(); // one for all: models that are as good are right on the same prompts
      return chances.map((chance) => (bar < chance ? 1 : 0));
    }).flat(),
    inputTokens: Array.from({ length: rows }, () => 100),
    costValues: null,
  });
}

/** Writes a router over the real encoder whose ridge weights are random by seed, so that prompts differ. */
export async function writeTinyRouter(
  folder: string,
  edit: Partial<ManifestInput> = {},
  parts: ArtifactParts = {},
): Promise<void> {
  const encoder = await findEncoder(null, 128);
  const { pooling, normalize, maxTokens } = encoder.options;
  const random = new Random(1);
  const weight = Float32Array.from(
    { length: tinyModels.length * encoder.dimension },
    () => random.next() - 0.5,
  );
  const estimator = estimatorFromState(
    {
      kind: 'ridge',
      config: { lambda: 1 },
      tensors: {
        weight: { shape: [tinyModels.length, encoder.dimension], data: weight },
        bias: { shape: [tinyModels.length], data: Float32Array.of(0.4, 0.5, 0.6) },
      },
    },
    tinyModels,
    encoder.dimension,
  );
  const metrics = { rows: 1, gapClosed: null, area: 0, csr: {}, mae: 0, brier: 0, ece: 0 };
  const input: ManifestInput = {
    packageVersion: '0.0.0',
    createdAt: '2026-01-01T00:00:00.000Z',
    command: null,
    encoder: {
      name: encoder.name,
      sha256: encoder.sha256,
      dimension: encoder.dimension,
      maxTokens,
      pooling,
      normalize,
    },
    models: tinyModels.map((id, index) => ({
      id,
      cost: {
        kind: 'per-token',
        inputPer1M: 10 ** index,
        outputPer1M: 4 * 10 ** index,
        meanOutputTokens: 100,
      },
    })),
    defaults: { policy: { kind: 'tolerance', tolerance: 0.1 } },
    data: {
      origin: [],
      seed: 0,
      fractions: { validation: 0.2, test: 0.2 },
      rows: { train: 1, validation: 1, test: 1 },
    },
    metrics: { validation: metrics, test: null },
    ...edit,
  };
  await writeArtifact(folder, input, estimator, parts);
}

/** Random by seed, so that answers to different prompts are predicted at different lengths. */
export function tinyCostHead(): CostHead {
  const random = new Random(2);
  const dimension = 384;
  return {
    dimension,
    weight: Float32Array.from({ length: tinyModels.length * dimension }, () => random.next() - 0.5),
    bias: Float32Array.of(0.4, 0.5, 0.6),
  };
}

/** For `writeTinyRouter`: two priced by their predicted answers, the last by a predicted cost. */
export function modelsWithPredictedOutput(): ManifestInput['models'] {
  const prediction = { from: 2, to: 8, perLogInput: 0.2, longestInput: 500, mean: 1.2, low: 0.5, high: 2 };
  const prices = { inputPer1M: 1, cachedInputPer1M: 0.25, outputPer1M: 4 };
  const source = { version: '0.0.1', asOf: '2026-01-01', provider: 'openai', model: 'gpt-4o' };
  return [
    {
      id: 'small',
      cost: {
        kind: 'per-token',
        ...prices,
        tiers: [{ aboveInputTokens: 100_000, inputPer1M: 2, outputPer1M: 8 }],
        meanOutputTokens: 100,
        promptTokens: { base: 20, perToken: 1.25 },
        predictedOutput: prediction,
        priceSource: { kind: 'genai-prices', ...source },
      },
    },
    {
      id: 'medium',
      cost: {
        kind: 'per-token',
        ...prices,
        meanOutputTokens: 100,
        predictedOutput: prediction,
        priceSource: { kind: 'user', note: 'a contract' },
      },
    },
    { id: 'large', cost: { kind: 'per-request', meanUsd: 0.01, predictedNanoUsd: prediction } },
  ];
}

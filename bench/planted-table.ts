import { loadAddon } from '../bindings/load.ts';
import type { LabelledEmbeddings } from '../lib/estimator/estimator.ts';
import { Random } from '../lib/nn/random.ts';

export interface PlantedSize {
  readonly rows: number;
  readonly models: number;
  readonly dimension: number;
}

/** Factors that embeddings and models have in common. */
const FACTORS = 12;
/** Length of what the factors put into an embedding, of 1; the rest is noise. */
const SIGNAL = 0.7;
const MISSING = 0.05;

/**
 * Made-up rows with a planted low rank: an embedding of length near 1 is a random projection of a few normal factors and
 * noise; a model passes with probability sigmoid(level + its vector . factors); a twentieth of the cells is missing. The
 * projection and the models follow from `seed`, the rows from `part`, so that parts of one seed are rows of one data set.
 */
export function plantedTable(
  { rows, models, dimension }: PlantedSize,
  seed: number,
  part: number,
): LabelledEmbeddings {
  const shared = new Random(seed);
  const normals = (count: number, scale: number, random: Random) =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const projection = normals(FACTORS * dimension, SIGNAL / Math.sqrt(FACTORS * dimension), shared);
  const vectors = normals(models * FACTORS, 0.5, shared);
  const levels = normals(models, 1, shared);

  const random = new Random(1000 * seed + part + 1);
  const factors = normals(rows * FACTORS, 1, random);
  const embeddings = normals(rows * dimension, Math.sqrt((1 - SIGNAL ** 2) / dimension), random);
  const { kernels } = loadAddon();
  kernels.gemm(false, false, rows, dimension, FACTORS, factors, projection, embeddings, true);
  const logits = new Float32Array(rows * models);
  kernels.gemm(false, true, rows, models, FACTORS, factors, vectors, logits, false);
  const scores = logits.map((logit, cell) => {
    const chance = 1 / (1 + Math.exp(-logit - (levels[cell % models] as number)));
    const passed = random.uniform() < chance ? 1 : 0;
    return random.uniform() < MISSING ? Number.NaN : passed;
  });
  const names = Array.from({ length: models }, (_, model) => `model-${model}`);
  return { rows, dimension, models: names, embeddings, scores };
}

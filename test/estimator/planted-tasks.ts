import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { Random } from '../../lib/nn/random.ts';

const DIMENSION = 12;

export interface PlantedTasks {
  readonly data: LabelledEmbeddings;
  /** The task of each row. */
  readonly taskOf: Int32Array;
}

/**
 * Rows of `tasks` tasks, one after the other: embeddings of length 1 around a centre a task, and as many models, each right on 0.9 of
 * the rows of its own task and on 0.3 of the others'. The same for the same seed; centres are the same for all seeds.
 */
export function plantedTasks(rows: number, tasks: number, seed: number): PlantedTasks {
  const shared = new Random(1234);
  const centres = Float32Array.from({ length: tasks * DIMENSION }, () => shared.normal());
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * DIMENSION);
  const scores = new Float32Array(rows * tasks);
  const taskOf = Int32Array.from({ length: rows }, (_, row) => row % tasks);
  for (const [row, task] of taskOf.entries()) {
    const centre = centres.subarray(task * DIMENSION, (task + 1) * DIMENSION);
    const point = centre.map((value) => value + 0.5 * random.normal());
    const norm = Math.hypot(...point);
    embeddings.set(
      point.map((value) => value / norm),
      row * DIMENSION,
    );
    for (let model = 0; model < tasks; ++model)
      scores[row * tasks + model] = random.uniform() < (model === task ? 0.9 : 0.3) ? 1 : 0;
  }
  const models = Array.from({ length: tasks }, (_, model) => `model-${model}`);
  return { data: { rows, dimension: DIMENSION, models, embeddings, scores }, taskOf };
}

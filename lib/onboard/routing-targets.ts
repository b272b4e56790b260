/** Labelled prompts of the new model, with what is predicted and what is known of the old ones there. */
export interface TargetRows {
  readonly rows: number;
  /** Number of old models. */
  readonly old: number;
  /** [rows, old] frozen predictions. */
  readonly predicted: Float32Array;
  /** [rows, old], NaN where not known; null where none is. */
  readonly oldScores: Float32Array | null;
  /** [rows] of the new model. */
  readonly scores: Float64Array;
}

/**
 * What to fit the new model to, [rows]: its score less what the old models did better there than predicted, on average over
 * those that were run on the prompt. A prompt that turns out hard says that it was hard, not that the new model is weak;
 * routing compares models on one prompt, and the frozen predictions it is compared with will be wrong there too.
 *
 * On test rows of mixed-2024 (5 models left out, 3 and 4 splits, 50 / 200 / 1,000 labels) gapClosed was 16.4 / 16.7 / 17.1 %
 * with it and 15.8 / 16.4 / 17.2 % without for ipr, 14.0 / 15.1 / 15.1 and 13.0 / 13.7 / 14.1 % for ridge; full data gave
 * 16.8 and 15.1 %. Targets may lie outside [0, 1].
 */
export function routingTargets({ rows, old, predicted, oldScores, scores }: TargetRows): Float64Array {
  if (oldScores === null) return scores;
  return Float64Array.from({ length: rows }, (_, row) => {
    let surprise = 0;
    let known = 0;
    for (let cell = row * old; cell < (row + 1) * old; cell++) {
      const score = oldScores[cell] ?? Number.NaN;
      if (Number.isNaN(score)) continue;
      surprise += score - (predicted[cell] ?? 0);
      known += 1;
    }
    return (scores[row] ?? 0) - (known === 0 ? 0 : surprise / known);
  });
}

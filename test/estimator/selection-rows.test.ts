import { describe, expect, it } from 'vitest';
import { selectionRows } from '../../lib/estimator/selection-rows.ts';
import { plantedData } from './planted.ts';

const validation = plantedData(200, 32);

describe('rows to try settings on', () => {
  it('are all rows where they are few', () => {
    expect(selectionRows(validation)).toBe(validation);
  });

  it('are evenly spaced where they are many, embeddings and scores of the same rows', () => {
    const { rows, embeddings, scores } = selectionRows(validation, 50);
    expect(rows).toBe(50);
    const { dimension, models } = validation;
    for (const [to, row] of [
      [0, 0],
      [1, 4],
      [49, 196],
    ] as const) {
      expect(embeddings.slice(to * dimension, (to + 1) * dimension)).toEqual(
        validation.embeddings.slice(row * dimension, (row + 1) * dimension),
      );
      expect(scores.slice(to * models.length, (to + 1) * models.length)).toEqual(
        validation.scores.slice(row * models.length, (row + 1) * models.length),
      );
    }
  });
});

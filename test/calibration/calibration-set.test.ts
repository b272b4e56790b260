import { describe, expect, it } from 'vitest';
import {
  calibrationSetOf,
  calibrationTensors,
  maxCalibrationRows,
  requireCalibration,
  splitCalibration,
} from '../../lib/calibration/calibration-set.ts';
import { qualityRange } from '../../lib/calibration/quality-range.ts';
import type { StateTensor } from '../../lib/estimator/estimator.ts';

const models = ['a', 'b'];
const small = calibrationSetOf({
  models,
  predictedQuality: [0.9, 0.5, 0.7, 0.1],
  scores: [1, 0, Number.NaN, 1],
  inputTokens: [10, 20],
  costValues: null,
});

describe('a calibration set', () => {
  it('keeps all rows where there are few', () => {
    expect(small.rows).toBe(2);
    expect(small.scores).toEqual(Float32Array.of(1, 0, Number.NaN, 1));
    expect(small.predicted).toEqual(Float32Array.of(0.9, 0.5, 0.7, 0.1));
  });

  it('keeps evenly spaced rows where there are many', () => {
    const rows = 2.5 * maxCalibrationRows;
    const ramp = Array.from({ length: rows }, (_, row) => row / rows);
    const large = calibrationSetOf({
      models: ['a'],
      predictedQuality: ramp,
      scores: ramp,
      inputTokens: ramp.map((_, row) => row),
      costValues: ramp.map((share) => share / 2),
    });
    expect(large.rows).toBe(maxCalibrationRows);
    expect([...large.inputTokens.subarray(0, 4)]).toEqual([0, 2, 5, 7]);
    expect(large.inputTokens.at(-1)).toBe(rows - 3);
    expect(large.predicted[1]).toBeCloseTo(2 / rows, 6);
  });

  it('comes back from its tensors, parted from those of the estimator', () => {
    const own: StateTensor = { shape: [1], data: Float32Array.of(1) };
    const { estimator, calibration } = splitCalibration({ own, ...calibrationTensors(small) }, models);
    expect(estimator).toEqual({ own });
    expect(calibration).toEqual(small);
  });

  it('is absent from routers of earlier versions, and what needs it says what to do', () => {
    expect(splitCalibration({}, models).calibration).toBeNull();
    expect(() => requireCalibration(null, 'guard')).toThrow(
      expect.objectContaining({
        code: 'ERR_UNSUPPORTED',
        message:
          'guard needs a calibration set, which this router of an earlier version does not have: train it anew',
      }),
    );
  });

  const tensors = calibrationTensors(small);
  const { 'calibration.scores': _, ...withoutScores } = tensors;
  it.each<[string, Record<string, StateTensor>, string]>([
    ['incomplete', withoutScores, 'has no tensor "calibration.scores"'],
    [
      'of other models',
      { ...tensors, 'calibration.predicted': { shape: [4, 1], data: small.predicted } },
      'needs tensor "calibration.predicted" of shape [4, 2], got [4, 1]',
    ],
    [
      'holds impossible scores',
      { ...tensors, 'calibration.scores': { shape: [2, 2], data: Float32Array.of(1, 2, 0, 1) } },
      'holds 2 in tensor "calibration.scores" at element 1',
    ],
    [
      'holds a prediction that is no number',
      { ...tensors, 'calibration.predicted': { shape: [2, 2], data: Float32Array.of(1, 1, Number.NaN, 1) } },
      'holds NaN in tensor "calibration.predicted" at element 2',
    ],
  ])('is refused where it is %s', (__, broken, problem) => {
    expect(() => splitCalibration(broken, models)).toThrow(
      expect.objectContaining({
        code: 'ERR_CORRUPT_FILE',
        message: `the stored calibration set ${problem}`,
      }),
    );
  });

  it('gives static thresholds the mean best and the mean worst prediction of a prompt', () => {
    const range = qualityRange(small);
    expect(range.max).toBeCloseTo((0.9 + 0.7) / 2, 6);
    expect(range.min).toBeCloseTo((0.5 + 0.1) / 2, 6);
  });
});

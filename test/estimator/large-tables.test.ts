import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import {
  type NetworkSettings,
  type TrainableNetwork,
  trainIprNetwork,
} from '../../lib/estimator/ipr-training.ts';
import { normalEquations } from '../../lib/estimator/normal-equations.ts';
import { mostSelectionRows } from '../../lib/estimator/selection-rows.ts';
import { Linear } from '../../lib/nn/layers/linear.ts';
import { Random } from '../../lib/nn/random.ts';
import { plantedData } from './planted.ts';

describe('training on many rows', () => {
  it('has normal equations that are those of all rows, over the border of a block', () => {
    const data = plantedData(5000, 51);
    const { dimension } = data;
    const rows = Array.from({ length: data.rows }, (_, row) => row).filter((row) => row % 7 !== 3);
    const { gram, moments, meanEmbedding, meanScores } = normalEquations(loadAddon().kernels, data, {
      models: [2, 0],
      rows,
    });
    const x = (row: number, d: number) => data.embeddings[row * dimension + d] as number;
    const y = (row: number, model: number) => data.scores[row * data.models.length + model] as number;
    const mean = (of: (row: number) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
    for (const [a, b] of [
      [0, 0],
      [3, 17],
      [17, 3],
      [23, 23],
    ] as const) {
      const [meanA, meanB] = [mean((row) => x(row, a)), mean((row) => x(row, b))];
      expect(meanEmbedding[a]).toBeCloseTo(meanA, 9);
      const product = rows.reduce((sum, row) => sum + (x(row, a) - meanA) * (x(row, b) - meanB), 0);
      expect(gram[a * dimension + b]).toBeCloseTo(product, 2);
    }
    for (const [column, model] of [2, 0].entries()) {
      const meanY = mean((row) => y(row, model));
      expect(meanScores[column]).toBeCloseTo(meanY, 9);
      const product = rows.reduce((sum, row) => sum + x(row, 5) * (y(row, model) - meanY), 0);
      expect(moments[5 * 2 + column]).toBeCloseTo(product, 2);
    }
  });

  it('bounds the steps of an epoch, and takes other rows in the next', async () => {
    const training = plantedData(20_000, 52);
    const validation = plantedData(6000, 53);
    const layer = Linear.initialise(training.dimension, training.models.length, new Random(1));
    const steps: Set<number>[] = [];
    let validated = 0;
    const network: TrainableNetwork<NetworkSettings> = {
      forward: (tape, x) => {
        if (tape.training) steps.at(-1)?.add(x.data[0] as number);
        else validated += x.shape[0] as number;
        return layer.forward(tape, x);
      },
      parameters: () => layer.parameters('layer'),
    };
    steps.push(new Set());
    await trainIprNetwork(network, {
      kernels: loadAddon().kernels,
      settings: { loss: 'mse', learningRate: 0.01, weightDecay: 0, batchRows: 2, epochs: 2, patience: 2 },
      training,
      validation,
      random: new Random(2),
      signal: undefined,
      onEpoch: () => steps.push(new Set()),
    });
    const [first, second] = steps;
    expect(first?.size).toBe(128);
    expect(second?.size).toBe(128);
    expect([...(second ?? [])].filter((value) => first?.has(value)).length).toBeLessThan(20);
    expect(validated).toBe(2 * mostSelectionRows);
  });
});

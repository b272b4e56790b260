import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import { scoreRows } from '../score-rows.ts';

/**
 * The linear head that predicts, from the embedding of a prompt, what its answers will take: one value in [0, 1] per
 * model, which the model's `LogPrediction` turns into tokens or USD. Models that have none have zeros.
 */
export interface CostHead {
  readonly dimension: number;
  /** [models, dimension] */
  readonly weight: Float32Array;
  /** [models] */
  readonly bias: Float32Array;
}

/** Where the head lies among the tensors of an artifact. */
export const costTensorNames = { weight: 'cost.weight', bias: 'cost.bias' } as const;

interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export function costHeadSpec({ dimension, weight, bias }: CostHead): NativeHeadSpec {
  return { kind: 'linear', dimension, weight, bias };
}

/** The head as tensors of an artifact. */
export function costHeadTensors({ dimension, weight, bias }: CostHead): Record<string, StoredTensor> {
  return {
    [costTensorNames.weight]: { shape: [bias.length, dimension], data: weight },
    [costTensorNames.bias]: { shape: [bias.length], data: bias },
  };
}

/**
 * The head that `costHeadTensors` stored; null where there are no such tensors. Throws ERR_CORRUPT_FILE where they do
 * not fit the models or the dimension, or hold a value that is not finite.
 */
export function readCostHead(
  tensors: Readonly<Record<string, StoredTensor>>,
  models: number,
  dimension: number,
): CostHead | null {
  const weight = tensors[costTensorNames.weight];
  const bias = tensors[costTensorNames.bias];
  if (weight === undefined && bias === undefined) return null;
  return {
    dimension,
    weight: checkTensor(costTensorNames.weight, weight, [models, dimension]),
    bias: checkTensor(costTensorNames.bias, bias, [models]),
  };
}

function checkTensor(
  name: string,
  tensor: StoredTensor | undefined,
  expected: readonly number[],
): Float32Array {
  const shape = tensor?.shape.join(', ');
  if (tensor === undefined || shape !== expected.join(', ')) {
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `the stored cost head needs tensor "${name}" of shape [${expected.join(', ')}], got ${shape === undefined ? 'none' : `[${shape}]`}`,
    );
  }
  const broken = tensor.data.find((value) => !Number.isFinite(value));
  if (broken === undefined) return tensor.data;
  throw new PointsmanError('ERR_CORRUPT_FILE', `the stored cost head holds ${broken} in tensor "${name}"`);
}

/** embeddings [rows, dimension] to values [rows, models], by the native head that serves requests too. */
export function costValues(costHead: CostHead, embeddings: Float32Array, rows: number): Float32Array {
  return scoreRows(costHeadSpec(costHead), embeddings, rows);
}

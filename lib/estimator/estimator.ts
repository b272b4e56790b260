import type { NativeHeadSpec } from '../../bindings/addon.ts';

/** Kinds of quality estimator, by the name the command line and the artifact use. */
export type EstimatorKind =
  | 'stack'
  | 'ipr'
  | 'mlp'
  | 'knn'
  | 'kmeans'
  | 'ridge'
  | 'mf'
  | 'family'
  | 'irt'
  | 'task-moe'
  | 'constant'
  | 'onboarded'
  | 'refitted';

/** Kinds that are trained from measured prompts; the others are made of a trained one. */
export type TrainedKind = Exclude<EstimatorKind, 'onboarded' | 'refitted'>;

/**
 * Predicts the quality of every model's answer from a prompt embedding.
 * An estimator is data: whatever its training, prediction is a native head, so every lane shares one copy.
 */
export interface QualityEstimator {
  readonly kind: EstimatorKind;
  /** Column order of the predictions. */
  readonly models: readonly string[];
  /** Length of the embeddings it was trained on. */
  readonly dimension: number;
  /** What the native engine evaluates; a pure function of `state()`. */
  headSpec(): NativeHeadSpec;
  /** What the artifact stores. `estimatorFromState(state(), ...)` gives the same predictions. */
  state(): EstimatorState;
}

export interface EstimatorState {
  readonly kind: EstimatorKind;
  /** Hyper-parameters, JSON only. */
  readonly config: Readonly<Record<string, number | string | boolean>>;
  readonly tensors: Readonly<Record<string, StateTensor>>;
}

export interface StateTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Rows for training or validation: embeddings [rows, dimension] and scores [rows, models], NaN for a missing cell. */
export interface LabelledEmbeddings {
  readonly rows: number;
  readonly dimension: number;
  /** Widths of the features that stand one after the other in a row; they sum to `dimension`. @default one block */
  readonly blocks?: readonly number[];
  /** Where each row comes from, such as a benchmark: rows of one source are alike. @default not known */
  readonly sources?: readonly string[];
  readonly models: readonly string[];
  readonly embeddings: Float32Array;
  /** Embeddings of what a caller says of each prompt's task, [rows, any width], for the kind `task-moe`. @default none */
  readonly descriptions?: Float32Array;
  readonly scores: Float32Array;
}

export interface TrainingOptions {
  /** Same seed, data, ISA and version: the same bits. @default 0 */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Family by model id, for the kind `family`. @default derived from the ids */
  readonly families?: ReadonlyMap<string, string>;
  /** Called a few times a second at most during long training. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface TrainingProgress {
  readonly done: number;
  readonly total: number;
  readonly detail: string;
}

/** An estimator trained on all rows, and what others, trained on other rows, predict of those of a fold. */
export interface CrossFitted {
  readonly estimator: QualityEstimator;
  /** [rows, models], NaN for rows of no fold; see `crossFit`. */
  readonly outOfFold: Float32Array;
}

/** One kind of estimator: how to train it and how to bring it back from an artifact. */
export interface EstimatorFactory {
  readonly kind: EstimatorKind;
  /** Settings are chosen on `validation`, never on test rows. */
  train(
    training: LabelledEmbeddings,
    validation: LabelledEmbeddings,
    options: TrainingOptions,
  ): Promise<QualityEstimator>;
  /**
   * Trains on all rows with the settings that `chosen`, estimators of this kind trained on parts of them, agree on. A kind has
   * this or a `crossFit` of its own; see `crossFit` in cross-fit.ts, which is what to call.
   */
  refit?(
    data: LabelledEmbeddings,
    chosen: readonly QualityEstimator[],
    options: TrainingOptions,
  ): Promise<QualityEstimator>;
  crossFit?(
    data: LabelledEmbeddings,
    folds: readonly number[],
    options: TrainingOptions,
  ): Promise<CrossFitted>;
  fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator;
}

/** What an artifact needs of a kind: kinds that are not trained on their own have no factory. */
export type EstimatorReader = Pick<EstimatorFactory, 'kind' | 'fromState'>;

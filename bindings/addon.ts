/**
 * The shape of the native addon, written once. Arguments reach native code after `bindings/engine.ts` has checked
 * them kindly; the C++ side checks again for safety. Every failure is an `Error` with a string `code` (ERR_*).
 * Matrices are row-major `Float32Array`s; a returned array is fresh and owned by the caller.
 */

export type PoolingName = 'mean' | 'cls';

/**
 * What is read of a text that is longer than the token limit: its first tokens, or its head, the part from where the
 * last user's part begins, and its tail. See native/text/text_view.h.
 */
export type TextViewName = 'head' | 'head-focus-tail';

/**
 * A part of what is handed on of a text. 'embedding': the encoder's pooled output [hidden size]. 'tokens': the mean of the
 * embedding layer's output over the tokens, of L2 norm 1 [hidden size]. 'surface': 16 values of the text's bytes, see
 * native/text/surface_features.h; of the whole text, whatever the encoder reads of it.
 */
export type FeatureName = 'embedding' | 'tokens' | 'surface';

/** The first GPU, or why there is none to use. `library` is where the CUDA back end is, or would be. */
export type NativeGpu =
  | {
      readonly available: true;
      readonly library: string;
      readonly name: string;
      /** Such as '9.0'. */
      readonly computeCapability: string;
      readonly memoryBytes: number;
      /** Version of CUDA that the driver supports. */
      readonly driverCuda: string;
      /** Version of CUDA that the library was built with. */
      readonly runtimeCuda: string;
    }
  | { readonly available: false; readonly library: string; readonly reason: string };

export type DeviceName = 'auto' | 'cpu' | 'cuda';

export interface NativeInfo {
  readonly version: string;
  /** ISA in use: 'amx', 'avx512_bf16', 'avx512', 'avx2', 'neon' or 'reference'. */
  readonly isa: string;
  /** Number format of what the encoder multiplies on this ISA; sums are float32 either way. */
  readonly operands: 'bf16' | 'float32';
  /** ISAs compiled in and runnable on this CPU, best first. */
  readonly isaAvailable: readonly string[];
  /** ISAs compiled in, runnable here or not. */
  readonly isaCompiled: readonly string[];
  readonly compiler: string;
  readonly buildType: string;
  readonly cpu: string;
  readonly gpu: NativeGpu;
  /** Encoder models alive in this process, over all threads. */
  readonly sharedEncoders: number;
  /** Heads alive in this process, over all threads. */
  readonly sharedHeads: number;
}

export interface NativeEncoderOptions {
  readonly weights: string;
  readonly tokenizer: string;
  readonly config: string;
  readonly pooling: PoolingName;
  readonly normalize: boolean;
  /** Special tokens included. */
  readonly maxTokens: number;
  /** @default 'head' */
  readonly view?: TextViewName;
  /** What stands in a row of `embed`, in this order; the embedding first, none twice. @default ['embedding'] */
  readonly features?: readonly FeatureName[];
  /** 'cuda' throws ERR_DEVICE_UNAVAILABLE where it cannot be had, 'auto' then takes the CPU. @default 'auto' */
  readonly device?: DeviceName;
  /** Whatever tells versions of the three files apart; engines share weights where it is equal. */
  readonly contentHash: string;
}

export interface NativeEmbedding {
  /** [texts, dimension]: in a row the features, in their order. */
  readonly embeddings: Float32Array;
  /** Tokens encoded per text, special ones included, after truncation. */
  readonly tokens: Int32Array;
}

export interface NativeTokenCount {
  /** Tokens seen, without special ones. */
  readonly tokens: number;
  /** UTF-8 bytes these tokens cover. */
  readonly bytesRead: number;
  /** UTF-8 bytes of the whole text. */
  readonly bytes: number;
}

/** One thread's engine; its weights are shared by every engine of the process opened with the same options. */
export interface NativeEngine {
  /** Values of one text, over all features. */
  readonly dimension: number;
  readonly maxTokens: number;
  readonly vocabularySize: number;
  /** Where it encodes. */
  readonly device: Exclude<DeviceName, 'auto'>;
  /** Why 'auto' took the CPU; null where nothing was to be said. */
  readonly deviceReason: string | null;
  embed(texts: readonly string[]): NativeEmbedding;
  /** `view` is 'head' where it is left out, whatever the engine's own. */
  tokenize(text: string, maxTokens: number, view?: TextViewName): Int32Array;
  countTokens(text: string, limit: number): NativeTokenCount;
  /** Idempotent. Any other call afterwards throws ERR_DISPOSED. */
  dispose(): void;
}

/** A WordPiece tokeniser on its own, for encoders that are not native. */
export interface NativeTokenizer {
  /** Largest id + 1. */
  readonly vocabularySize: number;
  /** How many ids `encode` adds around a text. */
  readonly specialTokens: number;
  /** At most `maxTokens` ids, special ones included, of what `view` ('head' where left out) reads of the text. */
  encode(text: string, maxTokens: number, view?: TextViewName): Int32Array;
  countTokens(text: string, limit: number): NativeTokenCount;
  /** Idempotent. Any other call afterwards throws ERR_DISPOSED. */
  dispose(): void;
}

export type NativeHeadSpec =
  | { readonly kind: 'constant'; readonly scores: Float32Array }
  | {
      readonly kind: 'linear';
      readonly dimension: number;
      readonly weight: Float32Array;
      readonly bias: Float32Array;
    }
  | {
      readonly kind: 'pairwise';
      readonly dimension: number;
      readonly hidden: number;
      readonly promptWeight: Float32Array;
      readonly modelPart: Float32Array;
      readonly outWeight: Float32Array;
      readonly outBias: Float32Array;
    }
  | {
      readonly kind: 'mlp';
      readonly dimension: number;
      /** relu between them, sigmoid after the last, which has an output per model. */
      readonly layers: readonly {
        /** [outputs, inputs] */
        readonly weight: Float32Array;
        /** [outputs] */
        readonly bias: Float32Array;
      }[];
    }
  | {
      readonly kind: 'neighbour';
      readonly dimension: number;
      readonly k: number;
      readonly temperature: number;
      readonly priorWeight: number;
      readonly keys: Float32Array;
      /** NaN where a model was not run. */
      readonly scores: Float32Array;
      readonly prior: Float32Array;
    }
  | {
      readonly kind: 'stack';
      /** Heads of the same models; those that look at the prompt share one dimension. */
      readonly members: readonly NativeHeadSpec[];
      readonly weights: Float32Array;
    }
  | {
      readonly kind: 'calibrated';
      readonly inner: NativeHeadSpec;
      readonly knots: number;
      /** [models, knots] */
      readonly curve: Float32Array;
    }
  | {
      readonly kind: 'standardised';
      readonly inner: NativeHeadSpec;
      /** [dimension], as `scale` and `weight` are. */
      readonly mean: Float32Array;
      readonly scale: Float32Array;
      readonly weight: Float32Array;
    }
  | {
      readonly kind: 'projected';
      readonly inner: NativeHeadSpec;
      readonly dimension: number;
      /** [inner's dimension, dimension] */
      readonly projection: Float32Array;
    }
  | {
      readonly kind: 'join';
      /** Heads of different models; those that look at the prompt share one dimension. */
      readonly members: readonly NativeHeadSpec[];
      /** Which model each column of the members is, counted through all of them: each model once. */
      readonly columns: readonly number[];
    }
  | {
      readonly kind: 'mix';
      readonly inner: NativeHeadSpec;
      /** [models, models of inner] */
      readonly weight: Float32Array;
      /** [models] */
      readonly bias: Float32Array;
    }
  | {
      readonly kind: 'familiar';
      readonly inner: NativeHeadSpec;
      readonly dimension: number;
      /** Stored prompts that familiarity is the mean similarity to, at least 1. */
      readonly k: number;
      /** [components, dimension] */
      readonly projection: Float32Array;
      /** [rows, components] */
      readonly keys: Float32Array;
      /** [points], ascending: where the curve of trust is given; it is flat beyond both ends. */
      readonly similarities: Float32Array;
      /** [points], in [0, 1] */
      readonly trust: Float32Array;
      /** [models], whose differences are what is said where nothing is trusted. */
      readonly fallback: Float32Array;
    }
  | {
      readonly kind: 'adapter';
      readonly inner: NativeHeadSpec;
      readonly dimension: number;
      readonly bottleneck: number;
      /** [bottleneck, dimension] */
      readonly downWeight: Float32Array;
      /** [bottleneck] */
      readonly downBias: Float32Array;
      /** [dimension, bottleneck] */
      readonly upWeight: Float32Array;
    }
  | {
      readonly kind: 'experts';
      readonly general: Extract<NativeHeadSpec, { readonly kind: 'pairwise' }>;
      /** [tasks, dimension] */
      readonly taskWeight: Float32Array;
      /** [tasks] */
      readonly taskBias: Float32Array;
      /** A softmax of less gives a prompt no task; in [0, 1]. */
      readonly confidence: number;
      /** Experts of each task. */
      readonly expertCounts: readonly number[];
      /** The model of each expert, those of the first task first; a model at most once a task. */
      readonly expertModels: readonly number[];
      /** [experts, hidden], in place of the model's part. */
      readonly expertPart: Float32Array;
      /** [experts] */
      readonly expertBias: Float32Array;
      /** Share of the network in a score, in [0, 1]; the rest is the prior's. */
      readonly alpha: number;
      /** [tasks + 1, models]: last what counts for prompts of no task. */
      readonly prior: Float32Array;
    };

/** See native/model/heads.h for shapes and formulas. */
export interface NativeHead {
  /** Process-wide: a `HeadGroup` of any thread takes it while somebody holds the head. */
  readonly id: number;
  /** 0 for a head that ignores the embedding. */
  readonly dimension: number;
  readonly models: number;
  /** embeddings [count, dimension] to scores [count, models] in [0, 1]. */
  score(embeddings: Float32Array, count: number): Float32Array;
  dispose(): void;
}

/** The heads that score the same prompts, one thread's: on a GPU as one launch. */
export interface NativeHeadGroup {
  /** Where they are evaluated. */
  readonly device: Exclude<DeviceName, 'auto'>;
  /** Why 'auto' took the CPU; null where nothing was to be said. */
  readonly deviceReason: string | null;
  /** embeddings [count, dimension] to the scores of every head, [count, models] each. */
  score(embeddings: Float32Array, count: number): Float32Array[];
  /** Idempotent. Any other call afterwards throws ERR_DISPOSED. */
  dispose(): void;
}

export type ActivationName = 'none' | 'relu' | 'gelu' | 'sigmoid' | 'tanh';

export interface AdamWOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** From 1. */
  readonly step: number;
}

/** Kernels for `lib/nn`, all float32 and in place or into `out`. Deterministic for a given ISA. */
export interface NativeKernels {
  /**
   * c [m, n] = op(a) op(b), added to c when `accumulate`. a is [m, k] or, transposed, [k, m]; b is [k, n] or,
   * transposed, [n, k].
   */
  gemm(
    transposeA: boolean,
    transposeB: boolean,
    m: number,
    n: number,
    k: number,
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
    accumulate: boolean,
  ): void;
  softmaxRows(x: Float32Array, rows: number, cols: number): void;
  activate(activation: ActivationName, x: Float32Array): void;
  /** out[c] += sum over rows of x[r][c]. */
  accumulateRows(x: Float32Array, rows: number, cols: number, out: Float32Array): void;
  /** out [rows, models] (before the sigmoid) = bias + u·relu(prompt + model); IPR's factored head. */
  pairwiseHead(
    prompt: Float32Array,
    model: Float32Array,
    u: Float32Array,
    bias: Float32Array,
    rows: number,
    models: number,
    hidden: number,
    out: Float32Array,
  ): void;
  /**
   * What that head's gradient follows from: byPrompt [rows, hidden] and byModel [models, hidden] are `gradient` [rows, models]
   * summed over the models, and over the prompts, for which prompt + model > 0.
   */
  pairwiseActive(
    prompt: Float32Array,
    model: Float32Array,
    gradient: Float32Array,
    rows: number,
    models: number,
    hidden: number,
    byPrompt: Float32Array,
    byModel: Float32Array,
  ): void;
  adamW(
    param: Float32Array,
    grad: Float32Array,
    firstMoment: Float32Array,
    secondMoment: Float32Array,
    options: AdamWOptions,
  ): void;
}

export interface LeidenPassOptions {
  /** Above 0: the higher, the more and the smaller communities. */
  readonly resolution: number;
  /** Above 0: randomness of the refinement, in units of a mean edge's weight. */
  readonly theta: number;
  readonly seed: number;
  /** Communities to start from, [nodes], such as those of the pass before. @default every node alone */
  readonly start?: Int32Array;
}

/** Graphs of `lib/estimator`: nodes are numbered from 0, edges are three arrays of one length. See native/graph. */
export interface NativeGraph {
  /**
   * For rows `first` to `first + count - 1` of `rows` [., dimension], the `k` other rows of the largest inner product, nearest
   * first: `neighbours` and `similarities` [count, k]. Exact; a part at a time, so that callers can stop in between.
   */
  nearestRows(
    rows: Float32Array,
    dimension: number,
    k: number,
    first: number,
    count: number,
    neighbours: Int32Array,
    similarities: Float32Array,
  ): void;
  /**
   * One pass of Leiden: a community for each node, numbered from 0 in the order of their first nodes, each connected, of no
   * lower modularity than the start. Parallel edges are added up.
   */
  leidenPass(
    nodes: number,
    from: Int32Array,
    to: Int32Array,
    weights: Float32Array,
    options: LeidenPassOptions,
  ): Int32Array;
  modularity(
    nodes: number,
    from: Int32Array,
    to: Int32Array,
    weights: Float32Array,
    communities: Int32Array,
    resolution: number,
  ): number;
}

export interface NativeAddon {
  info(): NativeInfo;
  readonly Engine: new (options: NativeEncoderOptions) => NativeEngine;
  /** `path` of a tokenizer.json. */
  readonly Tokenizer: new (
    path: string,
  ) => NativeTokenizer;
  readonly Head: new (spec: NativeHeadSpec) => NativeHead;
  /** Of heads by id, which it keeps alive. `device` as that of an engine. */
  readonly HeadGroup: new (
    ids: readonly number[],
    device?: DeviceName,
  ) => NativeHeadGroup;
  readonly kernels: NativeKernels;
  readonly graph: NativeGraph;
  /** [texts, 16]: the feature 'surface' of each text. */
  surfaceFeatures(texts: readonly string[]): Float32Array;
}

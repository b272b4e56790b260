import type { FeatureName, NativeEncoderOptions, PoolingName, TextViewName } from '../../bindings/addon.ts';

/** Our own kernels on .safetensors weights, shared by all lanes. */
export interface NativeEncoder extends NativeEncoderOptions {
  readonly kind: 'native';
}

/** onnxruntime-node on an ONNX graph. Every lane has a session of its own, with its own copy of the weights. */
export interface OnnxEncoder {
  readonly kind: 'onnx';
  /** Path of the .onnx file. */
  readonly model: string;
  /** Path of tokenizer.json; tokenizer_config.json is looked for beside it. */
  readonly tokenizer: string;
  /** For graphs that answer a vector per token; one that answers a vector per text has pooled it already. */
  readonly pooling: PoolingName;
  /** Divide by the L2 norm. */
  readonly normalize: boolean;
  /** Special tokens included. */
  readonly maxTokens: number;
  /** What is read of a longer text; only 'head' where the tokeniser is not WordPiece. @default 'head' */
  readonly view?: TextViewName;
  /** As for the native back end; 'tokens' of graphs that `pointsman export` wrote. @default ['embedding'] */
  readonly features?: readonly FeatureName[];
  /** Of the vectors that the graph must answer. */
  readonly dimension: number;
  /** Fills up the shorter texts of a batch. */
  readonly padTokenId: number;
}

/** How a lane encodes; `kind` names the back end. */
export type EncoderOptions = NativeEncoder | OnnxEncoder;

import type { NativeEmbedding, NativeTokenCount } from '../../bindings/addon.ts';
import { openEngine } from '../../bindings/engine.ts';
import type { LaneDevice } from './device.ts';
import type { EncoderOptions } from './encoder-options.ts';

/** What a lane encodes with: the same for every back end. Synchronous work may be answered as it is. */
export interface LaneEncoder extends LaneDevice {
  embed(texts: readonly string[]): NativeEmbedding | Promise<NativeEmbedding>;
  /** Without special tokens, until at least `limit` were seen. */
  countTokens(text: string, limit: number): NativeTokenCount;
}

/** Rejects with the back end's coded error where files or packages are missing or not what they should be. */
export async function openLaneEncoder(options: EncoderOptions): Promise<LaneEncoder> {
  if (options.kind === 'native') {
    const { kind: _, ...native } = options;
    return openEngine(native);
  }
  const { OnnxLaneEncoder } = await import('../onnx/onnx-lane-encoder.ts'); // optional packages: only where asked for
  return OnnxLaneEncoder.open(options);
}

import { abortError } from '../errors.ts';
import { rowWidth } from '../pool/features.ts';
import { bulkBatchTokens, estimateEncodedTokens } from '../pool/lane-batch.ts';
import type { Lanes } from '../pool/lanes.ts';

/** What heads are given of many prompts, with their token counts for costs. */
export interface PromptEmbeddings {
  /** Sum of the blocks. */
  readonly dimension: number;
  /** Widths of the features that stand one after the other in a row, such as [384, 384, 16]. */
  readonly blocks: readonly number[];
  /** [prompts, dimension] */
  readonly embeddings: Float32Array;
  /** Tokens of each whole prompt. */
  readonly inputTokens: Float64Array;
  /** Embeddings of what the caller's `describe` said of each prompt's task, [prompts, any width]; zeros: nothing. @default none */
  readonly descriptions?: Float32Array;
}

export interface EmbedOptions {
  readonly maxTokens: number;
  /** Widths of what the lanes answer of a prompt, see `featureWidths`. */
  readonly blocks: readonly number[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Encodes prompts on all lanes at once. The result does not depend on the number of lanes or on batch borders. */
export async function embedPrompts(
  lanes: Lanes,
  prompts: readonly string[],
  options: EmbedOptions,
): Promise<PromptEmbeddings> {
  const { blocks } = options;
  const dimension = rowWidth(blocks);
  const embeddings = new Float32Array(prompts.length * dimension);
  const inputTokens = new Float64Array(prompts.length);
  const batches = cutBatches(prompts, options.maxTokens)[Symbol.iterator]();
  let done = 0;
  const workLane = async () => {
    for (const [start, end] of batches) {
      if (options.signal?.aborted) throw abortError('embedding', options.signal);
      const output = await lanes.run(prompts.slice(start, end));
      embeddings.set(output.values, start * dimension);
      inputTokens.set(output.inputTokens, start);
      done += end - start;
      options.onProgress?.(done, prompts.length);
    }
  };
  await Promise.all(Array.from({ length: lanes.count }, workLane));
  return { dimension, blocks, embeddings, inputTokens };
}

/** Consecutive prompts whose encoded parts fit the budget of one lane task, as [start, end). */
function* cutBatches(prompts: readonly string[], maxTokens: number): Generator<readonly [number, number]> {
  let start = 0;
  let tokens = 0;
  for (const [index, prompt] of prompts.entries()) {
    const size = estimateEncodedTokens(prompt, maxTokens);
    if (index > start && tokens + size > bulkBatchTokens) {
      yield [start, index];
      start = index;
      tokens = 0;
    }
    tokens += size;
  }
  if (start < prompts.length) yield [start, prompts.length];
}

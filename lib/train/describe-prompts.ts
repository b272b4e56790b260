import type { EncoderFiles } from '../artifact/encoder-files.ts';
import type { RoutingTable } from '../data/table.ts';
import { abortError, PointsmanError } from '../errors.ts';
import { embeddingAlone } from '../pool/features.ts';
import { type EmbedTableOptions, embedTable } from './embed-table.ts';

/**
 * Says in a sentence or two what kind of task each of some prompts is, in their order, such as "asks for a proof by induction": an
 * LLM's answer, as FineRouter has it (arXiv 2603.19415). Called in training only, and not for test rows.
 */
export type DescribePrompts = (prompts: readonly string[]) => Promise<readonly string[]> | readonly string[];

/** Prompts of one call. */
const BATCH = 32;

/**
 * Embeddings of what `describe` says of the given rows, [prompts of the table, width]; zeros for the others. Rejects with
 * ERR_INVALID_ARGUMENT where it does not answer with one text a prompt, with ERR_ABORTED, and as `describe` does.
 */
export async function embedDescriptions(
  { prompts }: Pick<RoutingTable, 'prompts'>,
  rows: readonly number[],
  describe: DescribePrompts,
  encoder: EncoderFiles,
  options: EmbedTableOptions,
): Promise<Float32Array> {
  const texts: string[] = [];
  for (let start = 0; start < rows.length; start += BATCH) {
    if (options.signal?.aborted) throw abortError('training', options.signal);
    options.onProgress?.({ stage: 'describing prompts', done: start, total: rows.length });
    const asked = rows.slice(start, start + BATCH).map((row) => prompts[row] ?? '');
    const answered = await describe(asked);
    checkAnswer(answered, asked.length);
    texts.push(...answered);
  }
  const alone = { ...encoder, options: { ...encoder.options, features: embeddingAlone } };
  const { dimension, embeddings } = await embedTable({ prompts: texts }, alone, options);
  const all = new Float32Array(prompts.length * dimension);
  for (const [at, row] of rows.entries())
    all.set(embeddings.subarray(at * dimension, (at + 1) * dimension), row * dimension);
  return all;
}

function checkAnswer(answered: readonly string[], asked: number): void {
  const isTexts =
    Array.isArray(answered) && answered.every((text) => typeof text === 'string' && text !== '');
  if (isTexts && answered.length === asked) return;
  const got = Array.isArray(answered) ? `${answered.length} values` : typeof answered;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `describe: expected a text, not empty, for each of ${asked} prompts, got ${got}${isTexts || !Array.isArray(answered) ? '' : ', of which some are not'}`,
  );
}

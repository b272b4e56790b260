import { loadAddon } from '../../bindings/load.ts';
import type { EncoderFiles } from '../artifact/encoder-files.ts';
import { type RoutingTable, rowCount } from '../data/table.ts';
import type { LabelledEmbeddings } from '../estimator/estimator.ts';
import { gatherRows } from '../estimator/take-rows.ts';
import { physicalCores } from '../pool/cores.ts';
import { embeddingAlone, featureWidths } from '../pool/features.ts';
import { Lanes } from '../pool/lanes.ts';
import { embedPrompts, type PromptEmbeddings } from './embed-prompts.ts';
import { cachedEmbeddings, embeddingKey } from './embedding-cache.ts';

/** How far a long job is. */
export interface JobProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export interface EmbedTableOptions {
  /** Keep embeddings on disk and take them from there. @default true */
  readonly cache?: boolean | undefined;
  /** What was embedded before in the same job, by key: looked up and added to, on disk or not. @default nothing */
  readonly known?: Map<string, EmbeddedTable> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
}

export type EmbeddedTable = PromptEmbeddings & { readonly fromCache: boolean };

/** What the encoder's features are of every prompt of a table, from the cache where it has them. */
export async function embedTable(
  table: Pick<RoutingTable, 'prompts'>,
  encoder: EncoderFiles,
  options: EmbedTableOptions = {},
): Promise<EmbeddedTable> {
  const { cache = true, known } = options;
  const key = keyOf(table.prompts, encoder);
  const before = known?.get(key);
  if (before !== undefined) return before;
  const compute = () => embedOnAllCores(table.prompts, encoder, options);
  const embedded = cache ? await cachedEmbeddings(key, compute) : { ...(await compute()), fromCache: false };
  known?.set(key, embedded);
  return embedded;
}

function keyOf(prompts: readonly string[], { options, sha256 }: EncoderFiles): string {
  const { kind, pooling, normalize, maxTokens, view = 'head', features = embeddingAlone } = options;
  const settings = `${kind} ${pooling} ${normalize} ${maxTokens} ${view} ${features}`;
  return embeddingKey(sha256, settings, loadAddon().info().isa, prompts);
}

async function embedOnAllCores(
  prompts: readonly string[],
  encoder: EncoderFiles,
  options: EmbedTableOptions,
): Promise<PromptEmbeddings> {
  const lanes = await Lanes.start({ encoder: encoder.options, headId: null }, physicalCores());
  try {
    return await embedPrompts(lanes, prompts, {
      maxTokens: encoder.options.maxTokens,
      blocks: featureWidths(encoder.options.features, encoder.dimension),
      signal: options.signal,
      onProgress: (done, total) => options.onProgress?.({ stage: 'embedding prompts', done, total }),
    });
  } finally {
    await lanes.close();
  }
}

/** The given rows of a table beside their embeddings, as estimators take them. */
export function labelledRows(
  table: RoutingTable,
  { embeddings, dimension, blocks, descriptions }: PromptEmbeddings,
  rows: readonly number[],
): LabelledEmbeddings {
  const columns = table.models.length;
  const labelled = {
    rows: rows.length,
    dimension,
    blocks,
    sources: rows.map((row) => table.sources[row] ?? ''),
    models: table.models,
    embeddings: new Float32Array(rows.length * dimension),
    ...(descriptions === undefined
      ? {}
      : { descriptions: gatherRows(descriptions, descriptions.length / rowCount(table), rows) }),
    scores: new Float32Array(rows.length * columns),
  };
  for (const [to, row] of rows.entries()) {
    labelled.embeddings.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to * dimension);
    labelled.scores.set(table.scores.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return labelled;
}

/** All rows of a table, in order. */
export function allRows(table: RoutingTable): readonly number[] {
  return Array.from({ length: rowCount(table) }, (_, row) => row);
}

import type { RouterArtifact } from '../artifact/artifact.ts';
import { trainedOptions } from '../artifact/as-trained.ts';
import { checkEncoder } from '../artifact/check-encoder.ts';
import { findEncoder } from '../artifact/encoder-files.ts';
import type { RoutingTable } from '../data/table.ts';
import type { Backend } from '../options.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { type EmbedTableOptions, embedTable } from './embed-table.ts';

export interface RouterEncoderOptions extends EmbedTableOptions {
  readonly encoder?: string | undefined;
  readonly backend?: Backend | undefined;
}

/** Embeddings of a table's prompts as the router makes them of requests. ERR_ENCODER_MISMATCH for another encoder. */
export async function embedForRouter(
  table: RoutingTable,
  { manifest }: Pick<RouterArtifact, 'manifest'>,
  options: RouterEncoderOptions,
): Promise<PromptEmbeddings> {
  const { maxTokens } = manifest.encoder;
  const encoder = await findEncoder(options.encoder ?? null, maxTokens, options.backend);
  checkEncoder(manifest, encoder.name, encoder.sha256);
  const aligned = { ...encoder, options: trainedOptions(encoder.options, manifest) };
  return embedTable(table, aligned, options);
}

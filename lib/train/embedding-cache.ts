import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors } from '../artifact/safetensors.ts';
import { packageVersion } from '../version.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';

/** POINTSMAN_CACHE_DIR, else XDG_CACHE_HOME/pointsman, else ~/.cache/pointsman. */
export function cacheFolder(): string {
  const { POINTSMAN_CACHE_DIR: own, XDG_CACHE_HOME: xdg } = process.env;
  return own || join(xdg || join(homedir(), '.cache'), 'pointsman');
}

/**
 * Key of a list of prompts under an encoder. ISA and version are part of it: kernels differ in the last bits, and a seed
 * must repeat a training bit for bit.
 */
export function embeddingKey(
  encoderSha256: string,
  settings: string,
  isa: string,
  prompts: readonly string[],
): string {
  const hash = createHash('sha256').update(
    `embeddings ${packageVersion()} ${encoderSha256} ${settings} ${isa}`,
  );
  for (const prompt of prompts) hash.update(`\0${prompt.length}\0`).update(prompt);
  return hash.digest('hex');
}

/** The cached embeddings, or those of `compute`, which are then kept. A damaged or unwritable cache only costs time. */
export async function cachedEmbeddings(
  key: string,
  compute: () => Promise<PromptEmbeddings>,
): Promise<PromptEmbeddings & { readonly fromCache: boolean }> {
  const path = join(cacheFolder(), 'embeddings', `${key}.safetensors`);
  const kept = await readCached(path);
  if (kept !== null) return { ...kept, fromCache: true };
  const computed = await compute();
  await keep(path, computed);
  return { ...computed, fromCache: false };
}

async function readCached(path: string): Promise<PromptEmbeddings | null> {
  try {
    const { embeddings, blocks, input_tokens: tokens } = decodeSafetensors(await readFile(path), path);
    const dimension = embeddings?.shape[1];
    if (!embeddings || !blocks || !tokens || dimension === undefined) return null;
    const inputTokens = Float64Array.from(tokens.data);
    return { dimension, blocks: [...blocks.data], embeddings: embeddings.data, inputTokens };
  } catch {
    return null; // Absent or damaged: computed again, and written over.
  }
}

async function keep(path: string, embedded: PromptEmbeddings): Promise<void> {
  const { dimension, blocks, embeddings, inputTokens } = embedded;
  const rows = inputTokens.length;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    const bytes = encodeSafetensors({
      embeddings: { shape: [rows, dimension], data: embeddings },
      blocks: { shape: [blocks.length], data: Float32Array.from(blocks) },
      input_tokens: { shape: [rows], data: Float32Array.from(inputTokens) },
    });
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined); // A full or read-only disk must not fail a training.
  }
}

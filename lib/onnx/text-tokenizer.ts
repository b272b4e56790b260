import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NativeTokenCount, TextViewName } from '../../bindings/addon.ts';
import { openTokenizer } from '../../bindings/tokenizer.ts';
import { parseJson } from '../artifact/parse-json.ts';
import { hasCode, PointsmanError } from '../errors.ts';
import { importPeer } from './import-peer.ts';
import { type FullTokenizer, LimitedTokenizer } from './limited-tokenizer.ts';

/** Text to token ids, special ones included. */
export interface TextTokenizer {
  encode(text: string, maxTokens: number, view?: TextViewName): Int32Array;
  countTokens(text: string, limit: number): NativeTokenCount;
}

/**
 * Opens a tokenizer.json: WordPiece natively, any other kind by the optional peer `@huggingface/tokenizers`.
 * Rejects with ERR_FILE_NOT_FOUND, ERR_CORRUPT_FILE, ERR_PEER_MISSING or ERR_UNSUPPORTED.
 */
export async function openTextTokenizer(path: string): Promise<TextTokenizer> {
  try {
    return openTokenizer(path);
  } catch (error) {
    if (!hasCode(error, 'ERR_UNSUPPORTED')) throw error;
    return openOtherTokenizer(path);
  }
}

async function openOtherTokenizer(path: string): Promise<TextTokenizer> {
  const { Tokenizer } = await importPeer('@huggingface/tokenizers', () => import('@huggingface/tokenizers'));
  const configPath = join(dirname(path), 'tokenizer_config.json');
  const config = await readFile(configPath, 'utf8').catch(() => '{}'); // few tokenizers need it
  let tokenizer: FullTokenizer;
  try {
    tokenizer = new Tokenizer(
      Object(parseJson(await readFile(path, 'utf8'), path)),
      Object(parseJson(config, configPath)),
    );
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `${path}: @huggingface/tokenizers cannot open it: ${detail}`,
      {
        cause,
      },
    );
  }
  return new LimitedTokenizer(tokenizer);
}

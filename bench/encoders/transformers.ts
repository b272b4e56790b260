import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Skipped } from '../harness.ts';
import { installedFolder } from '../machine.ts';
import { type Contender, type Precision, rowsOf } from './contender.ts';

const packageName = '@huggingface/transformers';
const peers = fileURLToPath(new URL('../peers/', import.meta.url));
/** Its names of the files that `pointsman export` writes. */
const dtypes = { fp32: 'fp32', int8: 'q8' } as const;
/** Texts a call: it pads all texts of a call to the longest. */
const callSize = 16;

/** The part of the package that is used; its own types would bind everybody to installing it. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: 'feature-extraction', model: string, options: object): Promise<Extractor>;
}

interface Extractor {
  (texts: readonly string[], options: object): Promise<{ dims: number[]; data: Float32Array }>;
  dispose(): Promise<unknown>;
}

/** Puts bench/peers in place where it is not. Install scripts stay off: onnxruntime's binary is in its package. */
export function installPeers(): void {
  if (installedFolder(packageName) !== null) return;
  process.stderr.write('installing bench/peers\n');
  const npm = ['ci', '--ignore-scripts', '--prefix', peers];
  execFileSync('npm', npm, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Says so where the package is not installed. */
export function transformersSkipped(): readonly Skipped[] {
  if (installedFolder(packageName) !== null) return [];
  return [{ name: packageName, reason: 'not installed; with --peers, this bench installs bench/peers' }];
}

export interface TransformersOptions {
  /** An exported encoder with int64 inputs; its token limit is written into it. */
  readonly folder: string;
  readonly precision: Precision;
  readonly threads: number;
  readonly maxTokens: number;
}

/** A feature-extraction pipeline, called as its documentation says; none where it is not installed. */
export async function transformersContenders(
  texts: readonly string[],
  { folder, precision, threads, maxTokens }: TransformersOptions,
): Promise<readonly Contender[]> {
  if (installedFolder(packageName) === null) return [];
  const path = createRequire(join(peers, 'package.json')).resolve(packageName);
  const { env, pipeline } = (await import(pathToFileURL(path).href)) as Transformers;
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  limitTokens(join(folder, 'tokenizer_config.json'), maxTokens);
  const extract = await pipeline('feature-extraction', basename(folder), {
    dtype: dtypes[precision],
    device: 'cpu',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  const embed = async () => {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += callSize) {
      const { dims, data } = await extract(texts.slice(start, start + callSize), {
        pooling: 'mean',
        normalize: true,
      });
      vectors.push(...rowsOf(data, dims[1] ?? 0));
    }
    return vectors;
  };
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  const batching = texts.length === 1 ? '' : `, ${callSize} texts a call`;
  return [
    {
      name: `transformers.js ${precision}, ${count}${batching}`,
      precision,
      requiredCosine: 0.95, // It cuts [SEP] off a text that is too long.
      run: embed,
      vectors: embed,
      close: async () => void (await extract.dispose()),
    },
  ];
}

/** transformers.js takes its token limit from this file, and has no option for it. */
function limitTokens(path: string, maxTokens: number): void {
  const config = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...config, model_max_length: maxTokens }));
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { abortError, PointsmanError } from '../errors.ts';
import { invalidData } from './fields.ts';

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the file read so far, as they lie on disk. */
  readonly onBytes?: ((bytesRead: number) => void) | undefined;
}

/** A file being read once from start to end, decompressed where its name ends in .gz. */
export interface OpenFile {
  readonly chunks: AsyncIterable<Buffer>;
  /** Hex SHA-256 of the file as it lies on disk. Only after `chunks` has been read to its end. */
  sha256(): string;
}

/** Size in bytes of a data file. */
export async function fileSize(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw fileError(path, cause);
  }
  throw new PointsmanError('ERR_INVALID_ARGUMENT', `${path}: expected a file, got a folder or a device`);
}

export function openFile(path: string, options: OpenOptions = {}): OpenFile {
  const hash = createHash('sha256');
  let isWhole = false;
  async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytesRead = 0;
    for await (const chunk of source) {
      // What a caller aborts with may be any value, so it must not pass for an error of the file system.
      if (options.signal?.aborted) throw abortError(`${path}: reading`, options.signal);
      hash.update(chunk);
      bytesRead += chunk.length;
      options.onBytes?.(bytesRead);
      yield chunk;
    }
    isWhole = true;
  }
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  return {
    chunks: path.endsWith('.gz') ? gunzipped(path, file, hashed) : guarded(path, hashed(file)),
    sha256() {
      if (!isWhole) throw invalidData(path, 'bytes follow the end of the gzip data; compress the file again');
      return hash.digest('hex');
    },
  };
}

function gunzipped(
  path: string,
  file: Readable,
  hashed: (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>,
): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  // The last stream of a pipeline is destroyed with the error of any other, so reading it reports them all.
  pipeline(file, hashed, gunzip, () => {});
  return guarded(path, gunzip);
}

/** Reports what the file system and zlib throw, each as an error of ours. */
async function* guarded(path: string, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* source;
  } catch (cause) {
    throw fileError(path, cause);
  }
}

export function fileError(path: string, cause: unknown): PointsmanError {
  if (cause instanceof PointsmanError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new PointsmanError('ERR_FILE_NOT_FOUND', `${path}: no such file`, { cause });
  if (code.startsWith('Z_')) {
    return invalidData(
      path,
      `expected whole gzip data, got: ${reason}; copy or compress the file again`,
      cause,
    );
  }
  return new PointsmanError('ERR_IO', `${path}: ${reason}`, { cause });
}

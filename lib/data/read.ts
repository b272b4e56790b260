import { basename, resolve } from 'node:path';
import { abortError, PointsmanError } from '../errors.ts';
import { readCsv } from './csv.ts';
import { invalidData } from './fields.ts';
import { fileSize, type OpenFile, openFile } from './file.ts';
import { readJsonl } from './jsonl.ts';
import { readParquet } from './parquet.ts';
import type { DataRow } from './row.ts';
import type { DataOrigin, RoutingTable } from './table.ts';
import { TableBuilder } from './table-builder.ts';

export interface ReadOptions {
  /** Leave out rows marked `contaminated` (known to be in a model's training data). @default false */
  readonly dropContaminated?: boolean;
  /** Rows of JSON Lines may lack `scores`: prompts alone. @default false */
  readonly unscored?: boolean;
  readonly signal?: AbortSignal;
  /** Called after every 256 KiB or so of a file, and at its end. */
  readonly onProgress?: (progress: ReadProgress) => void;
}

export interface ReadProgress {
  readonly path: string;
  /** As they lie on disk. */
  readonly bytesRead: number;
  readonly bytes: number;
  /** Rows taken so far, over all files. */
  readonly rows: number;
}

type Reader = (path: string, file: OpenFile, options: ReadOptions) => AsyncGenerator<DataRow>;

const kReaders: readonly (readonly [extension: RegExp, read: Reader])[] = [
  [/\.(jsonl|ndjson)(\.gz)?$/i, readJsonl],
  [/\.csv(\.gz)?$/i, readCsv],
  [/\.parquet$/i, readParquet],
];

/**
 * Reads prompts with the measured quality of several models on each, and joins the files into one table.
 * The format goes by the extension: .jsonl and .ndjson (see `readJsonl`), .csv and .parquet (see `planColumns`); all but
 * Parquet may be gzipped (.gz).
 * @throws ERR_INVALID_DATA with the file and the line or row, where the data cannot be used as it is;
 * ERR_FILE_NOT_FOUND; ERR_UNSUPPORTED for another extension; ERR_IO; ERR_ABORTED.
 */
export async function readRoutingData(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<RoutingTable> {
  checkPaths(paths);
  const readers = paths.map(readerOf);
  const builder = new TableBuilder();
  const origin: DataOrigin[] = [];
  const names = new Map<string, number>();
  for (const [index, path] of paths.entries()) {
    const name = basename(path);
    const repeats = names.get(name) ?? 0;
    names.set(name, repeats + 1);
    const idPrefix = repeats === 0 ? name : `${name}(${repeats + 1})`;
    const read = readers[index] ?? readerOf(path);
    origin.push({ name, ...(await addFile(builder, path, idPrefix, read, options)) });
  }
  return builder.finish(origin, paths.join(', '));
}

async function addFile(
  builder: TableBuilder,
  path: string,
  idPrefix: string,
  read: Reader,
  options: ReadOptions,
): Promise<Omit<DataOrigin, 'name'>> {
  const bytes = await fileSize(path);
  if (bytes === 0) throw invalidData(path, 'expected rows, got an empty file');
  const onBytes = (bytesRead: number) => options.onProgress?.({ path, bytesRead, bytes, rows: builder.rows });
  const file = openFile(path, { signal: options.signal, onBytes });
  const before = builder.rows;
  let row = 0;
  for await (const next of read(path, file, options)) {
    row++;
    if (options.signal?.aborted) throw abortError(`${path}: reading`, options.signal);
    if (options.dropContaminated && next.contaminated) continue;
    builder.add(next, `${idPrefix}#${row}`);
  }
  if (row === 0) throw invalidData(path, 'expected rows, got none');
  return { sha256: file.sha256(), rows: builder.rows - before };
}

function readerOf(path: string): Reader {
  for (const [extension, read] of kReaders) if (extension.test(path)) return read;
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `${path}: expected a file named .jsonl, .ndjson or .csv (each also with .gz) or .parquet`,
  );
}

function checkPaths(paths: readonly string[]): void {
  if (paths.length === 0)
    throw new PointsmanError('ERR_INVALID_ARGUMENT', 'expected at least one data file, got none');
  const seen = new Set<string>();
  for (const path of paths) {
    const full = resolve(path);
    if (seen.has(full)) throw new PointsmanError('ERR_INVALID_ARGUMENT', `${path}: the file is given twice`);
    seen.add(full);
  }
}

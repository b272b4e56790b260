import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { PointsmanError } from '../errors.ts';
import { invalidData } from './fields.ts';
import type { OpenFile } from './file.ts';
import type { DataRow } from './row.ts';
import { planColumns, rowFromCells, type WideColumn } from './wide.ts';

/** A quote that is never closed must not take the rest of a large file for one cell. */
const kMaxRecordBytes = 64 << 20;

/** Rows of a CSV file in the wide form: comma, double quotes, LF or CRLF, UTF-8 with or without byte order mark. */
export async function* readCsv(path: string, file: OpenFile): AsyncGenerator<DataRow> {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    max_record_size: kMaxRecordBytes,
  });
  pipeline(Readable.from(decoded(path, file.chunks)), parser, () => {});
  let columns: readonly WideColumn[] | null = null;
  let row = 0;
  try {
    for await (const cells of parser as AsyncIterable<readonly string[]>) {
      if (columns === null) columns = planColumns(cells, `${path}, header`);
      else yield rowFromCells(columns, cells, `${path}, row ${++row}`);
    }
  } catch (cause) {
    throw csvError(path, cause);
  }
}

async function* decoded(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      yield decoder.decode(chunk, { stream: true });
      bytes += chunk.length;
    }
    yield decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw invalidData(
      path,
      `expected UTF-8 text, got other bytes after byte ${bytes}; convert the file to UTF-8`,
    );
  }
}

function csvError(path: string, cause: unknown): unknown {
  if (cause instanceof PointsmanError || !(cause instanceof Error)) return cause;
  return invalidData(
    path,
    `expected CSV with a header and as many cells in every row: ${cause.message}`,
    cause,
  );
}

import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { PointsmanError } from '../errors.ts';
import { invalidData } from './fields.ts';
import type { OpenFile } from './file.ts';
import type { DataRow } from './row.ts';
import { planColumns, rowFromCells } from './wide.ts';

/** Rows of a Parquet file in the wide form, one row group in memory at a time. A null means: not run. */
export async function* readParquet(path: string, file: OpenFile): AsyncGenerator<DataRow> {
  // The footer lies at the end, so the file is read twice: once for its hash, then by parts.
  for await (const _ of file.chunks);
  const buffer = await asyncBufferFromFile(path);
  const metadata = await decoding(path, 'footer', () => parquetMetadataAsync(buffer));
  const names = flatColumns(path, metadata);
  const columns = planColumns(names, `${path}, schema`);
  let rowStart = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await decoding(path, `row group ${index + 1}`, () =>
      parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd }),
    );
    for (const [offset, row] of rows.entries()) {
      const cells = names.map((name): unknown => row[name]);
      yield rowFromCells(columns, cells, `${path}, row ${rowStart + offset + 1}`);
    }
    rowStart = rowEnd;
  }
}

function flatColumns(path: string, metadata: FileMetaData): string[] {
  const [, ...elements] = metadata.schema;
  const nested = elements.find((element) => (element.num_children ?? 0) > 0);
  if (nested !== undefined) {
    throw invalidData(`${path}, schema`, `expected plain columns, got the nested column "${nested.name}"`);
  }
  return elements.map(({ name }) => name);
}

async function decoding<T>(path: string, part: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof PointsmanError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidData(`${path}, ${part}`, `expected Parquet data: ${reason}`, cause);
  }
}

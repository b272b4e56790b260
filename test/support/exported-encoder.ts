import { join } from 'node:path';
import { type ExportOnnxOptions, exportOnnx } from '../../lib/onnx/export-encoder.ts';
import { temporaryFolder } from './tiny-router.ts';

/** The default encoder as ONNX, in a temporary folder. */
export async function exportDefaultEncoder(
  options: Omit<ExportOnnxOptions, 'out'> = {},
): Promise<{ readonly folder: string; readonly clean: () => void }> {
  const { path, clean } = temporaryFolder();
  const folder = join(path, 'encoder');
  await exportOnnx({ ...options, out: folder });
  return { folder, clean };
}

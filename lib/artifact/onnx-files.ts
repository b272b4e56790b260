import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PointsmanError } from '../errors.ts';
import { sha256OfFile } from './sha256.ts';

/** Where the Hugging Face hub keeps ONNX files, in the order they are looked for. */
const folders = ['onnx', '.'];

/**
 * The ONNX file of an encoder folder: onnx/model.onnx or model.onnx, else the only one there is; null where there is
 * none. ERR_UNSUPPORTED where the choice is not clear.
 */
export async function findOnnxModel(root: string): Promise<string | null> {
  for (const folder of folders) {
    const files = (await filesOf(join(root, folder))).filter((file) => file.endsWith('.onnx'));
    const chosen = files.includes('model.onnx') ? 'model.onnx' : files[0];
    if (chosen === undefined) continue;
    if (files.length > 1 && chosen !== 'model.onnx') {
      const message = `encoder folder ${root} holds several ONNX files (${files.join(', ')}): name one model.onnx`;
      throw new PointsmanError('ERR_UNSUPPORTED', message);
    }
    return join(root, folder, chosen);
  }
  return null;
}

/** Over the file and those beside it that hold its weights where it is larger than 2 GB (model.onnx_data, ...). */
export async function sha256OfOnnxModel(model: string): Promise<string> {
  const name = basename(model);
  const parts = (await filesOf(dirname(model))).filter((file) => file.startsWith(name) && file !== name);
  const own = await sha256OfFile(model);
  if (parts.length === 0) return own;
  const hashes = await Promise.all(parts.toSorted().map((file) => sha256OfFile(join(dirname(model), file))));
  return createHash('sha256')
    .update([own, ...hashes].join(' '))
    .digest('hex');
}

/** Nothing for a folder that is not there. */
async function filesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

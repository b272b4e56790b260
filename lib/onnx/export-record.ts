import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parseJson } from '../artifact/parse-json.ts';

/** Beside config.json: what an exported ONNX file was made from. */
export const exportRecordName = 'pointsman-export.json';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const recordSchema = v.object({
  format: v.literal('pointsman-onnx'),
  createdBy: v.string(),
  precision: v.picklist(['fp32', 'int8']),
  /** The ONNX file and its hash: the record says nothing about any other file. */
  model: v.object({ file: v.string(), sha256 }),
  /** Hash of the weight file that it was made from. */
  weightsSha256: sha256,
});

export type ExportRecord = v.InferOutput<typeof recordSchema>;

/**
 * Hash of the weights that the ONNX file with `modelSha256` in `folder` stands for, or null where it stands for itself:
 * a file that was not exported by Pointsman, was changed since, or whose numbers are not those of the weights (int8).
 */
export async function exportedWeights(folder: string, modelSha256: string): Promise<string | null> {
  const path = `${folder}/${exportRecordName}`;
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const result = v.safeParse(recordSchema, parseJson(text, path));
  if (!result.success) return null;
  const { precision, model, weightsSha256 } = result.output;
  return precision === 'fp32' && model.sha256 === modelSha256 ? weightsSha256 : null;
}

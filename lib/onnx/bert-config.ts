import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parseJson } from '../artifact/parse-json.ts';
import { describeIssues } from '../artifact/schema.ts';
import { PointsmanError } from '../errors.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The fields of config.json that decide the graph of a BERT encoder. */
const bertSchema = v.object({
  hidden_size: count,
  num_attention_heads: count,
  num_hidden_layers: count,
  max_position_embeddings: count,
  layer_norm_eps: v.optional(v.number(), 1e-12),
});

export type BertConfig = v.InferOutput<typeof bertSchema>;

/** Values that the graph computes only one way; absent is that way. */
const onlyValues: Readonly<Record<string, unknown>> = {
  hidden_act: 'gelu',
  position_embedding_type: 'absolute',
  is_decoder: false,
};

/** Rejects with ERR_UNSUPPORTED for another model type or form, ERR_CORRUPT_FILE for fields that are missing. */
export async function readBertConfig(path: string): Promise<BertConfig> {
  const json = Object(parseJson(await readFile(path, 'utf8'), path)) as Readonly<Record<string, unknown>>;
  const unsupported = (what: string) =>
    new PointsmanError('ERR_UNSUPPORTED', `${path}: ${what} cannot be exported to ONNX`);
  if (json.model_type !== 'bert') {
    throw unsupported(`model_type ${JSON.stringify(json.model_type)} (only "bert" is implemented)`);
  }
  for (const [key, only] of Object.entries(onlyValues)) {
    const value = json[key] ?? only;
    if (value !== only) throw unsupported(`${key} ${JSON.stringify(value)}`);
  }
  const result = v.safeParse(bertSchema, json);
  if (result.success) return result.output;
  throw new PointsmanError('ERR_CORRUPT_FILE', `${path}: ${describeIssues(result.issues)}`);
}

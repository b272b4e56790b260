import * as v from 'valibot';

export const modalities = ['text', 'image', 'audio', 'video', 'document'] as const;
/** What a model can be given. */
export type Modality = (typeof modalities)[number];

/** What is known of a model beside its quality and cost. All optional: nothing is assumed of what is not stated. */
export interface ModelFacts {
  /** Models that are kin, such as 'llama-3'. */
  readonly family?: string;
  /** Who serves it. */
  readonly provider?: string;
  /** Tokens of prompt and answer together. */
  readonly contextWindow?: number;
  /** Tokens of the longest answer it gives. */
  readonly maxOutputTokens?: number;
  readonly modalities?: readonly Modality[];
  /** Whether it calls tools. */
  readonly tools?: boolean;
  /** Whether it can be held to answer in JSON. */
  readonly jsonMode?: boolean;
}

const word = v.pipe(v.string(), v.trim(), v.minLength(1));
const tokens = v.pipe(v.number(), v.integer(), v.minValue(1));

/** One schema for router.json, models.json and the router option `models`. */
export const modelFactsSchema = v.strictObject({
  family: v.exactOptional(word),
  provider: v.exactOptional(word),
  contextWindow: v.exactOptional(tokens),
  maxOutputTokens: v.exactOptional(tokens),
  modalities: v.exactOptional(v.pipe(v.array(v.picklist(modalities)), v.minLength(1))),
  tools: v.exactOptional(v.boolean()),
  jsonMode: v.exactOptional(v.boolean()),
});

export const factNames = Object.keys(modelFactsSchema.entries) as readonly (keyof ModelFacts)[];

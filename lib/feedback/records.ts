import * as v from 'valibot';
import type { RouterManifest } from '../artifact/schema.ts';
import type { RoutedDecision } from '../decision.ts';
import type { PolicySpec } from '../policy/policy.ts';

/** What a store keeps of a decision until somebody says how good the answer was. Arrays are in the order of its router's models. */
export interface DecisionRecord {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly decidedAt: number;
  /** sha256 of the router's tensors, by which the store knows the router, see `StoredRouter`. */
  readonly router: string;
  readonly model: string;
  /** How probable it was that this model was used. */
  readonly probability: number;
  readonly policy: PolicySpec;
  /** What heads were given of the prompt, as bit patterns of float16. */
  readonly features: Uint16Array;
  readonly quality: Float32Array;
  /** Predicted, in USD. */
  readonly costUsd: Float64Array;
  /** 1 for each model that satisfied the constraints. */
  readonly atChoice: Uint8Array;
  readonly inputTokens: number;
  /** null unless the store was asked to keep it. */
  readonly prompt: string | null;
}

/** A decision, and how good the answer was. */
export interface FeedbackRecord extends DecisionRecord {
  /** In [0, 1]. */
  readonly score: number;
  /** What the request was charged; null where nobody said. */
  readonly paidUsd: number | null;
  readonly scoredAt: number;
}

/** What must be known of a router to read its records. */
export interface StoredRouter {
  readonly models: readonly string[];
  readonly encoder: RouterManifest['encoder'];
}

/** @param features of the prompt, as lanes answer them */
export function recordOf(
  decision: RoutedDecision,
  features: Uint16Array,
  { router, prompt }: Pick<DecisionRecord, 'router' | 'prompt'>,
): DecisionRecord {
  const { candidates } = decision;
  return {
    id: decision.id,
    decidedAt: Date.now(),
    router,
    model: decision.model,
    probability: decision.probability,
    policy: decision.policy,
    features,
    quality: Float32Array.from(candidates, ({ quality }) => quality),
    costUsd: Float64Array.from(candidates, ({ costUsd }) => costUsd),
    atChoice: Uint8Array.from(candidates, ({ excluded }) => (excluded === null ? 1 : 0)),
    inputTokens: decision.inputTokens.count,
    prompt,
  };
}

/** As it lies in the database: typed arrays as bytes, little-endian. */
export type StoredRecord = Omit<DecisionRecord, 'id' | ArrayName> & Readonly<Record<ArrayName, Uint8Array>>;

type ArrayName = 'features' | 'quality' | 'costUsd' | 'atChoice';

/** Copies nothing: the database encodes at once. */
export function encodeRecord<T extends DecisionRecord>({ id: _, ...record }: T): StoredRecord {
  const { features, quality, costUsd, atChoice } = record;
  return {
    ...record,
    features: bytesOf(features),
    quality: bytesOf(quality),
    costUsd: bytesOf(costUsd),
    atChoice: bytesOf(atChoice),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return Buffer.from(buffer, byteOffset, byteLength);
}

const bytes = v.instance(Uint8Array);
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

const decisionSchema = v.object({
  decidedAt: amount,
  router: v.string(),
  model: v.string(),
  probability: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  policy: v.looseObject({ kind: v.string() }),
  features: bytes,
  quality: bytes,
  costUsd: bytes,
  atChoice: bytes,
  inputTokens: amount,
  prompt: v.nullable(v.string()),
});
const feedbackSchema = v.object({
  ...decisionSchema.entries,
  score: share,
  paidUsd: v.nullable(amount),
  scoredAt: amount,
});

/** null where it is not such a record. */
export function decodeDecision(id: string, stored: unknown): DecisionRecord | null {
  const result = v.safeParse(decisionSchema, stored);
  return result.success
    ? { ...result.output, ...arraysOf(result.output), id, ...policyOf(result.output) }
    : null;
}

/** null where it is not such a record. */
export function decodeFeedback(id: string, stored: unknown): FeedbackRecord | null {
  const result = v.safeParse(feedbackSchema, stored);
  return result.success
    ? { ...result.output, ...arraysOf(result.output), id, ...policyOf(result.output) }
    : null;
}

/** A policy was one when it was stored; a kind that this version does not know is told where it is applied. */
function policyOf({ policy }: { readonly policy: unknown }): Pick<DecisionRecord, 'policy'> {
  return { policy: policy as PolicySpec };
}

/** Copies: what a database hands out may lie in memory that it uses again. */
function arraysOf(stored: Readonly<Record<ArrayName, Uint8Array>>): Pick<DecisionRecord, ArrayName> {
  const copy = (name: ArrayName) => Uint8Array.from(stored[name]).buffer;
  return {
    features: new Uint16Array(copy('features')),
    quality: new Float32Array(copy('quality')),
    costUsd: new Float64Array(copy('costUsd')),
    atChoice: new Uint8Array(copy('atChoice')),
  };
}

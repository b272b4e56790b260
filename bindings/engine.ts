import type {
  DeviceName,
  NativeEmbedding,
  NativeEncoderOptions,
  NativeEngine,
  NativeHead,
  NativeHeadGroup,
  NativeHeadSpec,
  NativeTokenCount,
  TextViewName,
} from './addon.ts';
import { codedError } from './coded-error.ts';
import { loadAddon } from './load.ts';

const engineOptions: readonly string[] = [
  'weights',
  'tokenizer',
  'config',
  'pooling',
  'normalize',
  'maxTokens',
  'view',
  'features',
  'device',
  'contentHash',
] satisfies (keyof NativeEncoderOptions)[];

const headFields: Readonly<Record<NativeHeadSpec['kind'], readonly string[]>> = {
  constant: ['kind', 'scores'],
  linear: ['kind', 'dimension', 'weight', 'bias'],
  pairwise: ['kind', 'dimension', 'hidden', 'promptWeight', 'modelPart', 'outWeight', 'outBias'],
  mlp: ['kind', 'dimension', 'layers'],
  neighbour: ['kind', 'dimension', 'k', 'temperature', 'priorWeight', 'keys', 'scores', 'prior'],
  stack: ['kind', 'members', 'weights'],
  calibrated: ['kind', 'inner', 'knots', 'curve'],
  standardised: ['kind', 'inner', 'mean', 'scale', 'weight'],
  projected: ['kind', 'inner', 'dimension', 'projection'],
  join: ['kind', 'members', 'columns'],
  mix: ['kind', 'inner', 'weight', 'bias'],
  adapter: ['kind', 'inner', 'dimension', 'bottleneck', 'downWeight', 'downBias', 'upWeight'],
  familiar: [
    ...['kind', 'inner', 'dimension', 'k', 'projection'],
    ...['keys', 'similarities', 'trust', 'fallback'],
  ],
  experts: [
    ...['kind', 'general', 'taskWeight', 'taskBias', 'confidence', 'expertCounts', 'expertModels'],
    ...['expertPart', 'expertBias', 'alpha', 'prior'],
  ],
};

/**
 * Opens an encoder for this thread. Its weights are shared with every engine of the process opened with equal options.
 * Throws ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT, ERR_FILE_NOT_FOUND, ERR_CORRUPT_FILE, ERR_UNSUPPORTED, ERR_IO or
 * ERR_OUT_OF_MEMORY.
 */
export function openEngine(options: NativeEncoderOptions): Engine {
  checkFields('engine option', options, engineOptions);
  return new Engine(new (loadAddon().Engine)(options));
}

/**
 * Copies a head into native memory, where any thread of the process can score by it (`openHeadGroup`).
 * Throws ERR_UNKNOWN_OPTION, or ERR_INVALID_ARGUMENT for sizes that do not fit each other and values that are not finite.
 */
export function createHead(spec: NativeHeadSpec): Head {
  const known = Object.hasOwn(headFields, Object(spec).kind) ? headFields[spec.kind] : undefined;
  if (known !== undefined) checkFields(`field of a ${spec.kind} head`, spec, known);
  return new Head(new (loadAddon().Head)(spec));
}

/**
 * The heads of these ids as one: ERR_DISPOSED where the last holder of one let go of it; with 'cuda' also
 * ERR_DEVICE_UNAVAILABLE, ERR_UNSUPPORTED or ERR_OUT_OF_MEMORY where they cannot be evaluated there.
 */
export function openHeadGroup(ids: readonly number[], device: DeviceName): NativeHeadGroup {
  return new (loadAddon().HeadGroup)(ids, device);
}

/** One thread's encoder, see `NativeEngine`. Holds native memory until disposed, by hand or by `using`. */
export class Engine implements NativeEngine, Disposable {
  readonly #native: NativeEngine;
  readonly dimension: number;
  readonly maxTokens: number;
  readonly vocabularySize: number;
  readonly device: NativeEngine['device'];
  readonly deviceReason: string | null;

  /** @internal Use `openEngine`. */
  constructor(native: NativeEngine) {
    this.#native = native;
    this.dimension = native.dimension;
    this.maxTokens = native.maxTokens;
    this.vocabularySize = native.vocabularySize;
    this.device = native.device;
    this.deviceReason = native.deviceReason;
  }

  embed(texts: readonly string[]): NativeEmbedding {
    return this.#native.embed(texts);
  }

  tokenize(text: string, maxTokens: number, view?: TextViewName): Int32Array {
    return this.#native.tokenize(text, maxTokens, view);
  }

  countTokens(text: string, limit: number): NativeTokenCount {
    return this.#native.countTokens(text, limit);
  }

  dispose(): void {
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** One holder of a process-wide head, see `NativeHead`. The head lives until its last holder is disposed. */
export class Head implements NativeHead, Disposable {
  readonly #native: NativeHead;
  readonly id: number;
  readonly dimension: number;
  readonly models: number;

  /** @internal Use `createHead`. */
  constructor(native: NativeHead) {
    this.#native = native;
    this.id = native.id;
    this.dimension = native.dimension;
    this.models = native.models;
  }

  score(embeddings: Float32Array, count: number): Float32Array {
    return this.#native.score(embeddings, count);
  }

  dispose(): void {
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A misspelt optional field would be ignored in silence. Types and sizes are native code's to check. */
function checkFields(what: string, given: unknown, known: readonly string[]): void {
  const unknown = Object.keys(Object(given)).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw codedError('ERR_UNKNOWN_OPTION', `unknown ${what} "${unknown}"; known: ${known.join(', ')}`);
}

import type { Sets } from '../sets.ts';
import { formatShape, matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

export interface SetAttentionInputs {
  /** [query rows, width] */
  readonly query: Tensor;
  /** [key rows, width], as `value`. */
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface SetAttentionLayout {
  /** Which set each query row is in; as many sets as `keys`. */
  readonly queries: Sets;
  /** No set without rows. */
  readonly keys: Sets;
  /** Divides the width. */
  readonly heads: number;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, eq. 1) of every query to the keys of its own set, with several heads side
 * by side: [query rows, width]. No order among rows is known to it, and no set sees another.
 */
export function setAttention(tape: Tape, inputs: SetAttentionInputs, layout: SetAttentionLayout): Tensor {
  const { query, key, value } = inputs;
  const [queryRows, width] = matrixShape('setAttention', 'query', query.shape);
  const [keyRows, keyWidth] = matrixShape('setAttention', 'key', key.shape);
  const { queries, keys, heads } = layout;
  requireShape(
    keyWidth === width && value.size === key.size && width % heads === 0,
    'setAttention',
    `query ${formatShape(query.shape)}, key ${formatShape(key.shape)} and value ${formatShape(value.shape)} do not fit ${heads} heads`,
  );
  requireShape(
    queries.count === keys.count &&
      queries.offsets[queries.count] === queryRows &&
      keys.offsets[keys.count] === keyRows,
    'setAttention',
    `${queries.count} sets of ${queries.offsets[queries.count]} queries and ${keys.count} of ${keys.offsets[keys.count]} keys do not fit ${queryRows} and ${keyRows} rows`,
  );
  const out = new Float32Array(queryRows * width);
  const blocks = blocksOf(layout, width);
  const weights = new Float32Array(blocks.reduce((sum, { queries, keys }) => sum + queries * keys, 0));
  for (const block of blocks) {
    products(block, query.data, key.data, weights);
    softmaxOverKeys(block, weights);
    mix(block, weights, value.data, out);
  }
  return tape.record([queryRows, width], out, [query, key, value], (gradient) => {
    const scores = new Float32Array(weights.length);
    for (const block of blocks) {
      if (value.requiresGrad) mix(block, weights, gradient, value.gradientBuffer(), 'to keys');
      if (!query.requiresGrad && !key.requiresGrad) continue;
      products(block, gradient, value.data, scores);
      throughSoftmax(block, weights, scores);
      if (query.requiresGrad) mix(block, scores, key.data, query.gradientBuffer());
      if (key.requiresGrad) mix(block, scores, query.data, key.gradientBuffer(), 'to keys');
    }
  });
}

/** One head of one set. */
interface Block {
  readonly firstQuery: number;
  readonly queries: number;
  readonly firstKey: number;
  readonly keys: number;
  /** Of all heads: from a row to the next. */
  readonly width: number;
  /** The head's first column. */
  readonly column: number;
  readonly size: number;
  /** Where its weights [queries, keys] begin: one array for all, for thousands of small ones cost more than what is in them. */
  readonly start: number;
}

function blocksOf({ queries, keys, heads }: SetAttentionLayout, width: number): Block[] {
  const size = width / heads;
  const blocks: Block[] = [];
  let start = 0;
  for (let set = 0; set < keys.count; ++set) {
    const firstQuery = queries.offsets[set] as number;
    const firstKey = keys.offsets[set] as number;
    const ofQueries = (queries.offsets[set + 1] as number) - firstQuery;
    const ofKeys = (keys.offsets[set + 1] as number) - firstKey;
    for (let head = 0; head < heads; ++head) {
      const column = head * size;
      blocks.push({ firstQuery, queries: ofQueries, firstKey, keys: ofKeys, width, column, size, start });
      start += ofQueries * ofKeys;
    }
  }
  return blocks;
}

/** a's query rows by b's key rows. */
function products(block: Block, a: Float32Array, b: Float32Array, out: Float32Array): void {
  const { firstQuery, queries, firstKey, keys, width, column, size, start } = block;
  let to = start;
  for (let q = 0; q < queries; ++q) {
    const row = (firstQuery + q) * width + column;
    for (let k = 0; k < keys; ++k, ++to) {
      const other = (firstKey + k) * width + column;
      let sum = 0;
      for (let i = 0; i < size; ++i) sum += (a[row + i] as number) * (b[other + i] as number);
      out[to] = sum;
    }
  }
}

/** In place, of products / sqrt(size). */
function softmaxOverKeys({ queries, keys, size, start }: Block, weights: Float32Array): void {
  const scale = 1 / Math.sqrt(size);
  for (let first = start; first < start + queries * keys; first += keys) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = first; k < first + keys; ++k) most = Math.max(most, weights[k] as number);
    let total = 0;
    for (let k = first; k < first + keys; ++k) {
      const weight = Math.exp(scale * ((weights[k] as number) - most));
      weights[k] = weight;
      total += weight;
    }
    for (let k = first; k < first + keys; ++k) weights[k] = (weights[k] as number) / total;
  }
}

/** d loss / d (query . key) from d loss / d weight, in place: through the softmax and the scale. */
function throughSoftmax(
  { queries, keys, size, start }: Block,
  weights: Float32Array,
  gradients: Float32Array,
): void {
  const scale = 1 / Math.sqrt(size);
  for (let first = start; first < start + queries * keys; first += keys) {
    let mean = 0;
    for (let k = first; k < first + keys; ++k) mean += (weights[k] as number) * (gradients[k] as number);
    for (let k = first; k < first + keys; ++k) {
      gradients[k] = scale * (weights[k] as number) * ((gradients[k] as number) - mean);
    }
  }
}

/** to[q] += sum over k of weights[q][k] from[k], or the other way to[k] += sum over q of weights[q][k] from[q]. */
function mix(
  block: Block,
  weights: Float32Array,
  from: Float32Array,
  to: Float32Array,
  direction: 'to queries' | 'to keys' = 'to queries',
): void {
  const { firstQuery, queries, firstKey, keys, width, column, size, start } = block;
  const isBack = direction === 'to keys';
  for (let q = 0; q < queries; ++q) {
    const query = (firstQuery + q) * width + column;
    for (let k = 0; k < keys; ++k) {
      const key = (firstKey + k) * width + column;
      const source = isBack ? query : key;
      const target = isBack ? key : query;
      const weight = weights[start + q * keys + k] as number;
      for (let i = 0; i < size; ++i)
        to[target + i] = (to[target + i] as number) + weight * (from[source + i] as number);
    }
  }
}

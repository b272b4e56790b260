import type { Engine } from '../../bindings/engine.ts';
import type { EncoderFiles } from '../../lib/artifact/encoder-files.ts';
import { Lanes } from '../../lib/pool/lanes.ts';
import { embedPrompts } from '../../lib/train/embed-prompts.ts';
import { type Contender, type Precision, rowsOf } from './contender.ts';

/** The native engine, called on this thread. It is the caller's to dispose. */
export function engineContender(engine: Engine, texts: readonly string[]): Contender {
  return {
    name: 'pointsman, 1 thread',
    precision: 'fp32',
    run: () => engine.embed(texts),
    vectors: async () => rowsOf(engine.embed(texts).embeddings, engine.dimension),
    close: () => undefined,
  };
}

/** Worker lanes, as training and `embed` use them, on either back end. */
export async function lanesContender(
  texts: readonly string[],
  { options, dimension }: EncoderFiles,
  { name, precision, lanes: count }: { name: string; precision: Precision; lanes: number },
): Promise<Contender> {
  const lanes = await Lanes.start({ encoder: options, headId: null }, count);
  const embed = () => embedPrompts(lanes, texts, { maxTokens: options.maxTokens, blocks: [dimension] });
  return {
    name,
    precision,
    run: embed,
    vectors: async () => rowsOf((await embed()).embeddings, dimension),
    close: () => lanes.close(),
  };
}

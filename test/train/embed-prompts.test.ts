import { expect, it } from 'vitest';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { featureNames, featureWidths } from '../../lib/pool/features.ts';
import { Lanes } from '../../lib/pool/lanes.ts';
import { embedPrompts } from '../../lib/train/embed-prompts.ts';
import { Random } from '../support/random.ts';

/** Texts of 1 to 400 words: several lane tasks, some longer than the token limit. */
function someTexts(): string[] {
  const random = new Random(11);
  const words = ['river', 'sort', 'list', 'proof', 'why', 'is', 'the', 'sum', 'of', 'two'];
  return Array.from({ length: 60 }, () =>
    Array.from({ length: 1 + random.below(400) }, () => words[random.below(words.length)]).join(' '),
  );
}

it('embedding on one lane and on two gives the same bits', async () => {
  const { options: found, dimension } = await findEncoder(null, 64);
  const options = { ...found, features: featureNames };
  const blocks = featureWidths(featureNames, dimension);
  const texts = someTexts();
  const embedOn = async (count: number) => {
    const lanes = await Lanes.start({ encoder: options, headId: null }, count);
    try {
      return await embedPrompts(lanes, texts, { maxTokens: 64, blocks });
    } finally {
      await lanes.close();
    }
  };
  const [one, two] = [await embedOn(1), await embedOn(2)];
  expect(one).toMatchObject({ dimension: 784, blocks: [384, 384, 16] });
  expect(one.embeddings).toHaveLength(texts.length * 784);
  expect(two.embeddings).toEqual(one.embeddings);
  expect(two.inputTokens).toEqual(one.inputTokens);
  expect(one.inputTokens.every((tokens) => tokens >= 1)).toBe(true);
});

it('embedding stops with ERR_ABORTED where the signal was aborted', async () => {
  const { options, dimension } = await findEncoder(null, 64);
  const lanes = await Lanes.start({ encoder: options, headId: null }, 1);
  const embedded = embedPrompts(lanes, someTexts(), {
    maxTokens: 64,
    blocks: [dimension],
    signal: AbortSignal.abort(),
  });
  await expect(embedded).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  await lanes.close();
});

import { describe, expect, test } from 'vitest';
import { readModels } from '../../lib/data/models.ts';
import { lookUpPrices } from '../../lib/train/model-prices.ts';
import { refusalOf, temporaryFiles } from './support.ts';

const write = temporaryFiles();

describe('readModels', () => {
  test('reads prices, null where there are none, facts where there are any, and keeps the other fields', async () => {
    const path = write(
      'models.json',
      JSON.stringify([
        {
          id: ' m ',
          inputPer1M: 0,
          outputPer1M: 2.5,
          cachedInputPer1M: 0,
          role: 'weak',
          contextWindow: 8192,
          tools: true,
        },
        {
          id: 'n',
          inputPer1M: null,
          provider: 'openai',
          priceId: 'gpt-4o',
          reasoningTokensPerAnswer: 9,
          contextWindow: null,
        },
      ]),
    );
    const models = await readModels(path);
    expect([...models]).toEqual([
      [
        'm',
        {
          inputPer1M: 0,
          outputPer1M: 2.5,
          otherPrices: { cachedInputPer1M: 0 },
          tiers: [],
          provider: null,
          priceId: null,
          facts: { contextWindow: 8192, tools: true },
          extra: { role: 'weak' },
        },
      ],
      [
        'n',
        {
          inputPer1M: null,
          outputPer1M: null,
          otherPrices: { reasoningTokensPerAnswer: 9 },
          tiers: [],
          provider: 'openai',
          priceId: 'gpt-4o',
          facts: { provider: 'openai' },
          extra: {},
        },
      ],
    ]);
  });

  test('reads the prices of longer prompts', async () => {
    const tiers = [
      { aboveInputTokens: 1000, inputPer1M: 2, outputPer1M: 4, cachedInputPer1M: 0.5 },
      { aboveInputTokens: 5000, inputPer1M: 3, outputPer1M: 6 },
    ];
    const path = write('tiers.json', JSON.stringify([{ id: 'm', inputPer1M: 1, outputPer1M: 2, tiers }]));
    const entry = (await readModels(path)).get('m');
    expect(entry?.tiers).toEqual(tiers);
    expect(entry?.extra).toEqual({});
  });

  test('hands them to whatever prices requests', async () => {
    const tiers = [{ aboveInputTokens: 1000, inputPer1M: 2, outputPer1M: 4 }];
    const entries = [
      { id: 'tiered', inputPer1M: 1, outputPer1M: 2, tiers },
      { id: 'flat', inputPer1M: 1, outputPer1M: 2, tiers: null },
    ];
    const registry = await readModels(write('prices.json', JSON.stringify(entries)));
    const { prices } = await lookUpPrices(['tiered', 'flat'], registry);
    expect(prices.get('tiered')?.price).toEqual({ inputPer1M: 1, outputPer1M: 2, tiers });
    expect(prices.get('flat')?.price).toEqual({ inputPer1M: 1, outputPer1M: 2 });
  });

  const priced = (tiers: string) => `[{"id":"m","inputPer1M":1,"outputPer1M":1,"tiers":${tiers}}]`;
  const cases: readonly (readonly [what: string, json: string, message: string])[] = [
    [
      'a negative price',
      '[{"id":"m","inputPer1M":-1,"outputPer1M":1}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m), inputPer1M: expected USD per 1M tokens, finite and not negative, got -1',
    ],
    [
      'a price that is text',
      '[{"id":"m","inputPer1M":"NaN","outputPer1M":1}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m), inputPer1M: expected USD per 1M tokens, finite and not negative, got "NaN"',
    ],
    [
      'an infinite price',
      '[{"id":"m","inputPer1M":1,"outputPer1M":1e999}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m), outputPer1M: expected USD per 1M tokens, finite and not negative, got Infinity',
    ],
    [
      'one price without the other',
      '[{"id":"m","inputPer1M":1}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m): expected both prices or none, got no outputPer1M',
    ],
    [
      'a negative cached price',
      '[{"id":"m","inputPer1M":1,"outputPer1M":1,"cachedInputPer1M":-1}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m), cachedInputPer1M: expected USD per 1M tokens, finite and not negative, got -1',
    ],
    [
      'negative thinking',
      '[{"id":"m","reasoningTokensPerAnswer":-1}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m), reasoningTokensPerAnswer: expected tokens, finite and not negative, got -1',
    ],
    [
      'tiers that are no list',
      priced('{"aboveInputTokens":9}'),
      'ERR_INVALID_PRICE models.json, entry 1 (m): tiers of model "m" must be an array, got object',
    ],
    [
      'a tier that is no object',
      priced('[null]'),
      'ERR_INVALID_PRICE models.json, entry 1 (m): tier prices must be an object, got null',
    ],
    [
      'a tier without a price',
      priced('[{"aboveInputTokens":9,"inputPer1M":1}]'),
      'ERR_INVALID_PRICE models.json, entry 1 (m): tiers: outputPer1M of model "m" must be a number of at least 0 (USD per 1M tokens), got undefined',
    ],
    [
      'a misspelt price of a tier',
      priced('[{"aboveInputTokens":9,"inputPer1M":1,"outputPer1M":1,"cachedInput1M":1}]'),
      'ERR_INVALID_PRICE models.json, entry 1 (m): unknown tier price "cachedInput1M", did you mean "cachedInputPer1M"?; known: aboveInputTokens, inputPer1M, outputPer1M, cachedInputPer1M',
    ],
    [
      'tiers that do not rise',
      priced(
        '[{"aboveInputTokens":9,"inputPer1M":1,"outputPer1M":1},{"aboveInputTokens":9,"inputPer1M":1,"outputPer1M":1}]',
      ),
      'ERR_INVALID_PRICE models.json, entry 1 (m): tiers of model "m" must rise in aboveInputTokens, got 9 after 9',
    ],
    [
      'tiers without the prices below them',
      '[{"id":"m","provider":"openai","tiers":[{"aboveInputTokens":9,"inputPer1M":1,"outputPer1M":1}]}]',
      'ERR_INVALID_PRICE models.json, entry 1 (m): expected inputPer1M and outputPer1M for prompts below the tiers, got tiers alone',
    ],
    [
      'a provider that is no text',
      '[{"id":"m","provider":true}]',
      'ERR_INVALID_DATA models.json, entry 1 (m): provider: expected text, got true',
    ],
    [
      'an impossible fact',
      '[{"id":"m","modalities":["text","smell"]}]',
      'ERR_INVALID_DATA models.json, entry 1 (m): modalities.1: expected ("text" | "image" | "audio" | "video" | "document"), got "smell"',
    ],
    [
      'a context window of no tokens',
      '[{"id":"m","contextWindow":0}]',
      'ERR_INVALID_DATA models.json, entry 1 (m): contextWindow: expected >=1, got 0',
    ],
    [
      'a model twice',
      '[{"id":"m"},{"id":"m "}]',
      'ERR_INVALID_DATA models.json, entry 2: the model "m" occurs twice',
    ],
    [
      'a price twice',
      '[{"id":"m","inputPer1M":1,"inputPer1M":2,"outputPer1M":1}]',
      'ERR_INVALID_DATA models.json: the key "inputPer1M" occurs twice in one object',
    ],
    [
      'an id that is no text',
      '[{"id":1}]',
      'ERR_INVALID_DATA models.json, entry 1: id: expected text, got 1',
    ],
    ['an object', '{"m":1}', 'ERR_INVALID_DATA models.json: expected a JSON array of models, got {"m":1}'],
    ['an empty array', '[]', 'ERR_INVALID_DATA models.json: expected at least one model, got none'],
  ];
  for (const [what, json, message] of cases) {
    test(`refuses ${what}`, async () => {
      const path = write('models.json', json);
      expect(await refusalOf(readModels(path), path)).toBe(message);
    });
  }

  test('gives ERR_FILE_NOT_FOUND for a file that does not exist', async () => {
    await expect(readModels('./absent-models.json')).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });
});

import { describe, expect, it } from 'vitest';
import {
  type Constraints,
  type Exclusion,
  exclusionOf,
  indexConstraints,
  standingExclusion,
} from '../lib/constraints.ts';
import { describeExclusion } from '../lib/exclusion-text.ts';
import type { ModelFacts } from '../lib/model-facts.ts';
import { stateFacts } from '../lib/state-facts.ts';

const none: Constraints = { candidates: null, exclude: [], maxCostUsd: null, requires: {} };

/** For a model "m" that costs 0.5 USD, and a prompt of 100 tokens. */
function exclusion(facts: ModelFacts, constraints: Partial<Constraints> = {}): Exclusion | null {
  return exclusionOf({ id: 'm', facts }, 0.5, 100, indexConstraints({ ...none, ...constraints }));
}

describe('a model is excluded', () => {
  it.each<[string, ModelFacts, Partial<Constraints>, Exclusion]>([
    ['where others are the candidates', {}, { candidates: ['n'] }, { kind: 'not-a-candidate' }],
    ['where the caller says so', {}, { exclude: ['m'] }, { kind: 'excluded' }],
    ['where it costs too much', {}, { maxCostUsd: 0.4 }, { kind: 'over-max-cost', maxCostUsd: 0.4 }],
    [
      'where the prompt alone is too long for it, without being asked',
      { contextWindow: 99 },
      {},
      { kind: 'over-context-window', neededTokens: 100, contextWindow: 99 },
    ],
    [
      'where prompt and answer are too long together',
      { contextWindow: 150, maxOutputTokens: 1000 },
      { requires: { outputTokens: 51 } },
      { kind: 'over-context-window', neededTokens: 151, contextWindow: 150 },
    ],
    [
      'where the whole request is longer than its prompt',
      { contextWindow: 150 },
      { requires: { inputTokens: 200 } },
      { kind: 'over-context-window', neededTokens: 200, contextWindow: 150 },
    ],
    [
      'where its answers end too early',
      { contextWindow: 1000, maxOutputTokens: 50 },
      { requires: { outputTokens: 51 } },
      { kind: 'over-max-output', outputTokens: 51, maxOutputTokens: 50 },
    ],
    [
      'where it does not take what is sent',
      { modalities: ['text', 'image'] },
      { requires: { modalities: ['text', 'audio', 'video'] } },
      { kind: 'no-modality', missing: ['audio', 'video'] },
    ],
    ['where it calls no tools', { tools: false }, { requires: { tools: true } }, { kind: 'no-tools' }],
    [
      'where it has no JSON mode',
      { jsonMode: false },
      { requires: { jsonMode: true } },
      { kind: 'no-json-mode' },
    ],
    [
      'where room is asked for and nobody stated its window',
      { maxOutputTokens: 1000 },
      { requires: { outputTokens: 1 } },
      { kind: 'unknown-context-window' },
    ],
    [
      'where an answer is asked for and nobody stated its longest',
      { contextWindow: 1000 },
      { requires: { outputTokens: 1 } },
      { kind: 'unknown-max-output' },
    ],
    [
      'where nobody stated what it takes',
      {},
      { requires: { modalities: ['image'] } },
      { kind: 'unknown-modalities' },
    ],
    [
      'where nobody stated whether it calls tools',
      {},
      { requires: { tools: true } },
      { kind: 'unknown-tools' },
    ],
    [
      'where nobody stated whether it has a JSON mode',
      {},
      { requires: { jsonMode: true } },
      { kind: 'unknown-json-mode' },
    ],
  ])('%s', (_, facts, constraints, expected) => {
    const found = exclusion(facts, constraints);
    expect(found).toEqual(expected);
    if (found !== null) expect(describeExclusion(found)).toMatch(/^\w.{5,}/);
  });

  it.each<[string, ModelFacts, Partial<Constraints>]>([
    ['of an unknown window where no room is asked for', {}, { requires: { tools: false } }],
    ['of a window that just holds what is needed', { contextWindow: 100 }, {}],
    ['of a limit on cost that it just meets', {}, { maxCostUsd: 0.5 }],
    [
      'of requirements that it meets',
      {
        contextWindow: 200,
        maxOutputTokens: 100,
        modalities: ['image', 'text'],
        tools: true,
        jsonMode: true,
      },
      { requires: { outputTokens: 100, modalities: ['image'], tools: true, jsonMode: true } },
    ],
  ])('but not because %s', (_, facts, constraints) => {
    expect(exclusion(facts, constraints)).toBeNull();
  });
});

describe('a constraint stands whatever the prompt', () => {
  const standing = (facts: ModelFacts, constraints: Partial<Constraints>) =>
    standingExclusion({ id: 'm', facts }, indexConstraints({ ...none, ...constraints }));

  it.each<[string, ModelFacts, Partial<Constraints>, Exclusion]>([
    ['where it is a list', {}, { exclude: ['m'] }, { kind: 'excluded' }],
    ['where it is a fact', { tools: false }, { requires: { tools: true } }, { kind: 'no-tools' }],
    [
      'where room is asked for and nobody stated the window',
      { maxOutputTokens: 1000 },
      { requires: { outputTokens: 1 } },
      { kind: 'unknown-context-window' },
    ],
    [
      'where the answer alone is longer than the window',
      { contextWindow: 100, maxOutputTokens: 1000 },
      { requires: { outputTokens: 101 } },
      { kind: 'over-context-window', neededTokens: 101, contextWindow: 100 },
    ],
  ])('%s', (_, facts, constraints, expected) => {
    expect(standing(facts, constraints)).toEqual(expected);
  });

  it('but not where a shorter or cheaper prompt would do', () => {
    expect(standing({ contextWindow: 99 }, {})).toBeNull();
    expect(standing({}, { maxCostUsd: 0 })).toBeNull();
  });
});

describe('facts of models', () => {
  const cost = { kind: 'per-request', meanUsd: 1 } as const;
  const priced = [
    { id: 'a', cost },
    { id: 'b', cost },
  ];

  it('are those of the artifact, each one that the caller states in its place', () => {
    const stored = [{ id: 'a', facts: { contextWindow: 100, tools: true } }, { id: 'b' }];
    expect(stateFacts(stored, priced, { a: { contextWindow: 200 } })).toEqual([
      { id: 'a', cost, facts: { contextWindow: 200, tools: true } },
      { id: 'b', cost },
    ]);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ c: {} }, 'unknown model "c", did you mean "a"?; this router knows a, b'],
    [{ a: { contextWindow: 0 } }, 'models["a"].contextWindow: expected >=1, got 0'],
    [{ a: { tools: 'yes' } }, 'models["a"].tools: expected boolean, got "yes"'],
    [{ a: { context: 5 } }, 'models["a"].context: expected no such fact, got "context"'],
    [{ a: null }, 'models["a"]: expected Object, got null'],
  ])('are refused: %o', (own, message) => {
    expect(() => stateFacts([], priced, own as Record<string, ModelFacts>)).toThrow(
      expect.objectContaining({ message }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { taskKeywords } from '../../lib/train/task-keywords.ts';

const poems = Array.from({ length: 10 }, (_, i) => `Write a poem about rivers, number ${i}. Poem!`);
const code = Array.from({ length: 10 }, (_, i) => `Write a function that sorts ${i} numbers`);

describe('keywords of tasks', () => {
  it('are the words that are common in a task and rare elsewhere, each prompt counting once', () => {
    const [first, second] = taskKeywords(
      [...poems, ...code],
      [...poems.map(() => 0), ...code.map(() => 1)],
      2,
    );
    expect(first).toEqual(['about', 'number', 'poem', 'rivers']);
    expect(second).toEqual(['function', 'numbers', 'sorts', 'that']);
  });

  it('leave out what all tasks have and what few prompts have', () => {
    const rare = poems.map((prompt, i) => (i < 4 ? `${prompt} Anna` : prompt));
    const [first] = taskKeywords([...rare, ...code], [...poems.map(() => 0), ...code.map(() => 1)], 2);
    expect(first).not.toContain('anna');
    expect(first).not.toContain('write');
  });

  it('are at most six, of any alphabet, and none for a task without prompts', () => {
    const words = 'один два три четыре пять шесть семь восемь';
    const prompts = Array.from({ length: 6 }, () => words);
    const [first, second] = taskKeywords(
      [...prompts, ...code],
      [...prompts.map(() => 0), ...code.map(() => -1)],
      2,
    );
    expect(first).toHaveLength(6);
    for (const word of first ?? []) expect(words).toContain(word);
    expect(second).toEqual([]);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
beforeAll(() => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = at('cache');
  const rows = Array.from({ length: 120 }, (_, i) => ({
    id: `q${i}`,
    prompt:
      i % 2 === 0 ? `Write a poem of ${i} words about rivers.` : `Write a function number ${i} that sorts.`,
    source: i % 2 === 0 ? 'poems' : 'code',
    scores: { poet: i % 2 === 0 ? 1 : 0, coder: i % 2, both: i % 5 > 0 ? 1 : 0 },
  }));
  writeFileSync(at('scores.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(at('prompts.jsonl'), rows.map(({ id, prompt }) => JSON.stringify({ id, prompt })).join('\n'));
  const prices = ['poet', 'coder', 'both', 'new'].map((id) => ({ id, inputPer1M: 1, outputPer1M: 2 }));
  writeFileSync(at('models.json'), JSON.stringify(prices));
  const trained = pointsman([
    'train',
    '--data',
    at('scores.jsonl'),
    '--out',
    at('router'),
    '--estimator',
    'irt',
  ]);
  expect(trained.stderr).not.toMatch(/^pointsman: /m);
  expect(trained.status).toBe(0);
  pointsman(['train', '--data', at('scores.jsonl'), '--out', at('ridge'), '--estimator', 'ridge']);
});
afterAll(() => folder.clean());

const quizLines = (name: string) =>
  readFileSync(at(name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('pointsman quiz, and onboarding by it', () => {
  it('picks prompts with the scores that the data has, and the answers place the model', () => {
    const made = pointsman([
      'quiz',
      '--router',
      at('router'),
      '--data',
      at('scores.jsonl'),
      '--size',
      '20',
      '--out',
      at('quiz.jsonl'),
    ]);
    expect(made.status).toBe(0);
    expect(made.stdout).toContain('20 of 120 prompts written to ');
    const quiz = quizLines('quiz.jsonl');
    expect(quiz).toHaveLength(20);
    expect(Object.keys(quiz[0].scores).sort()).toEqual(['both', 'coder', 'poet']);
    const answered = quiz.map((row) => ({
      ...row,
      scores: { ...row.scores, new: row.source === 'poems' ? 1 : 0 },
    }));
    writeFileSync(at('answers.jsonl'), answered.map((row) => JSON.stringify(row)).join('\n'));
    const added = pointsman([
      'onboard',
      ...['--router', at('router'), '--quiz', at('answers.jsonl'), '--model', 'new'],
      ...['--models', at('models.json'), '--out', at('larger')],
    ]);
    expect(added.status).toBe(0);
    expect(added.stdout).toMatch(/20 prompts; placed among the old models by its identity; .* ± 0\.\d{3}/);
    expect(added.stdout).toContain('decisions among the old models changed: 0 % of 20 prompts');
    const models = pointsman(['models', '--router', at('larger'), '--nearest', '1']);
    expect(models.stdout).toMatch(/^new +\d\.\d\d +poet \(\d\.\d\d\) +by 20 prompts$/m);
    const json = JSON.parse(pointsman(['models', '--router', at('larger'), '--json']).stdout);
    expect(json.identities.at(-1)).toMatchObject({ model: 'new' });
    expect(json.identities[0].mean).toHaveLength(json.identities[0].deviation.length);
  });

  it('takes prompts without scores, and the same seed picks the same', () => {
    const make = (out: string, ...more: string[]) =>
      pointsman([
        'quiz',
        '--router',
        at('router'),
        '--data',
        at('prompts.jsonl'),
        '--size',
        '10',
        '--out',
        at(out),
        ...more,
      ]);
    expect(JSON.parse(make('a.jsonl', '--json').stdout)).toMatchObject({ prompts: 10, bank: 120 });
    make('b.jsonl');
    expect(quizLines('a.jsonl')).toEqual(quizLines('b.jsonl'));
    expect(quizLines('a.jsonl')[0]).toEqual({
      id: expect.any(String),
      prompt: expect.any(String),
      scores: {},
    });
    expect(make('strata.jsonl', '--method', 'strata').status).toBe(0);
    expect(quizLines('strata.jsonl')).toHaveLength(10);
  });

  it('picks from the prompts that were written into the router, and onboarding hands them on', () => {
    const trained = pointsman([
      ...['train', '--data', at('scores.jsonl'), '--estimator', 'irt'],
      ...['--quiz-bank', '40', '--out', at('with-bank')],
    ]);
    expect(trained.status).toBe(0);
    const make = (router: string) =>
      pointsman(['quiz', '--router', at(router), '--size', '10', '--out', at('own.jsonl'), '--json']);
    expect(JSON.parse(make('with-bank').stdout)).toMatchObject({ prompts: 10, bank: 40 });
    const answered = quizLines('own.jsonl').map((row) => ({ ...row, scores: { ...row.scores, new: 1 } }));
    writeFileSync(at('own-answers.jsonl'), answered.map((row) => JSON.stringify(row)).join('\n'));
    const added = pointsman([
      'onboard',
      ...['--router', at('with-bank'), '--quiz', at('own-answers.jsonl'), '--model', 'new'],
      ...['--models', at('models.json'), '--out', at('larger-with-bank')],
    ]);
    expect(added.status).toBe(0);
    expect(JSON.parse(make('larger-with-bank').stdout)).toMatchObject({ prompts: 10, bank: 40 });
    writeFileSync(join(at('with-bank'), 'quiz-bank.jsonl'), 'other prompts');
    expect(make('with-bank').stderr).toMatch(
      /"code":"ERR_CORRUPT_FILE","message":".*quiz-bank.jsonl is damaged/,
    );
    expect(make('router').stderr).toContain('no prompts travel with');
  });

  it.each([
    [['--size', '9'], 'ERR_INVALID_ARGUMENT: size: expected a whole number of at least 10, got 9', 2],
    [['--size', '121'], 'ERR_INVALID_DATA: a quiz of 121 prompts needs at least 121', 1],
  ])('refuses %o', (flags, message, status) => {
    const refused = pointsman([
      'quiz',
      '--router',
      at('router'),
      '--data',
      at('prompts.jsonl'),
      '--out',
      at('no.jsonl'),
      ...flags,
    ]);
    expect(refused.stderr).toContain(message);
    expect(refused.status).toBe(status);
  });

  it('refuses a router without identities, and says what to do', () => {
    const refused = pointsman([
      'quiz',
      '--router',
      at('ridge'),
      '--data',
      at('prompts.jsonl'),
      '--out',
      at('no.jsonl'),
    ]);
    expect(refused.stderr).toContain(
      'ERR_UNSUPPORTED: a quiz places a model among the identities of the others',
    );
    expect(pointsman(['models', '--router', at('ridge')]).stdout).toContain(
      'a router of kind ridge has no identities',
    );
  });

  it('refuses both kinds of labels at once, and none', () => {
    for (const labels of [[], ['--data', at('scores.jsonl'), '--quiz', at('scores.jsonl')]]) {
      const args = ['onboard', '--router', at('router'), '--model', 'new', '--out', at('no'), ...labels];
      expect(pointsman(args).stderr).toContain('ERR_INVALID_ARGUMENT: name either --data');
    }
  });
});

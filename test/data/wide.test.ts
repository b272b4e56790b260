import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { readRoutingData } from '../../lib/data/read.ts';
import { refusalOf, temporaryFiles } from './support.ts';

const write = temporaryFiles();

type ColumnData = Parameters<typeof parquetWriteBuffer>[0]['columnData'];

function writeParquet(name: string, columnData: ColumnData, rowGroupSize = 1000): string {
  return write(name, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize })));
}

async function refusal(path: string): Promise<string> {
  return refusalOf(readRoutingData([path]), path);
}

describe('reading CSV', () => {
  test('takes every column but the reserved ones for a model, an empty cell for "not run"', async () => {
    const csv = [
      'id,prompt,source,gpt,cost:gpt,inputTokens:gpt,outputTokens:gpt, mix ',
      'a,one,s/t,1,0.25,10,20,0.5',
      'b,two,,, ,,,1e-1',
    ].join('\n');
    const table = await readRoutingData([write('a.csv', csv)]);
    expect(table.models).toEqual(['gpt', 'mix']);
    expect(table.ids).toEqual(['a', 'b']);
    expect(table.sources).toEqual(['s/t', '']);
    expect([...table.scores]).toEqual([1, 0.5, Number.NaN, Math.fround(0.1)]);
    expect([...table.costsUsd]).toEqual([0.25, ...new Array(3).fill(Number.NaN)]);
    expect([...table.inputTokens]).toEqual([10, ...new Array(3).fill(Number.NaN)]);
    expect([...table.outputTokens]).toEqual([20, ...new Array(3).fill(Number.NaN)]);
  });

  test('understands quotes, line ends in a cell, CRLF and a byte order mark', async () => {
    const csv = '\uFEFF"prompt",m\r\n"say ""hi"",\r\nthen  bye",1\r\n\r\n plain ,0\r\n';
    const table = await readRoutingData([write('b.csv', csv)]);
    expect(table.prompts).toEqual(['say "hi",\r\nthen  bye', ' plain ']);
    expect([...table.scores]).toEqual([1, 0]);
  });

  test('may be gzipped', async () => {
    const table = await readRoutingData([write('c.csv.gz', gzipSync('prompt,m\nx,1\n'))]);
    expect(table.prompts).toEqual(['x']);
  });

  const cases: readonly (readonly [what: string, csv: string | Uint8Array, message: string])[] = [
    ['no rows', 'prompt,m\n', 'x.csv: expected rows, got none'],
    ['no prompt column', 'text,m\nx,1\n', 'x.csv, header: expected a column "prompt", got "text,m"'],
    [
      'no model column',
      'prompt,id\nx,1\n',
      'x.csv, header: expected a column of scores for at least one model beside "prompt", got none',
    ],
    ['a model twice', 'prompt,m, m\nx,1,1\n', 'x.csv, header: the column "m" occurs twice'],
    [
      'a column without name',
      'prompt,m,\nx,1,1\n',
      'x.csv, header: column 3: expected a name, got an empty one',
    ],
    [
      'a column of words',
      'prompt,m,topic\nx,1,\ny,0,maths\n',
      'x.csv, row 2: column "topic": expected a score from 0 to 1 or an empty cell, got "maths". Every column is read as a model but prompt, id, source, title, dupOf, cost:<model>, inputTokens:<model> and outputTokens:<model>',
    ],
    [
      'a score above 1',
      'prompt,m\nx,1\ny,85\n',
      'x.csv, row 2: column "m": expected a score from 0 to 1, got 85',
    ],
    [
      'a negative cost',
      'prompt,m,cost:m\nx,1,-2\n',
      'x.csv, row 1: column "m" (costsUsd): expected a finite number that is not negative, got -2',
    ],
    ['an empty prompt', 'prompt,m\n"",1\n', 'x.csv, row 1: prompt: expected text, got an empty one'],
    [
      'a row without scores',
      'prompt,m\nx,\n',
      'x.csv, row 1: expected the score of at least one model, got none',
    ],
    [
      'a cost of a model that has no column',
      'prompt,m,cost:n\nx,1,2\n',
      'x.csv, row 1: a cost or token count names the model "n", which no row scores',
    ],
    [
      'Latin-1 bytes',
      Buffer.from('prompt,m\n\xfcber,1\n', 'latin1'),
      'x.csv: expected UTF-8 text, got other bytes after byte 0; convert the file to UTF-8',
    ],
  ];
  for (const [what, csv, message] of cases) {
    test(`refuses ${what}`, async () => {
      expect(await refusal(write('x.csv', csv))).toBe(`ERR_INVALID_DATA ${message}`);
    });
  }

  test('refuses "NaN", hexadecimal and infinite scores', async () => {
    for (const score of ['NaN', '0x1', 'Infinity', '1e999', 'true']) {
      expect(await refusal(write('x.csv', `prompt,m\nx,${score}\n`))).toContain('x.csv, row 1: column "m"');
    }
  });

  test('refuses a row with more or fewer cells than the header, naming the line', async () => {
    expect(await refusal(write('x.csv', 'prompt,m\nx,1\ny,1,0\n'))).toMatch(
      /^ERR_INVALID_DATA x\.csv: .*on line 3/,
    );
  });

  test('refuses a quote that is never closed', async () => {
    expect(await refusal(write('x.csv', 'prompt,m\n"x,1\ny,0\n'))).toMatch(
      /^ERR_INVALID_DATA x\.csv: .*[Qq]uote/,
    );
  });
});

describe('reading Parquet', () => {
  test('reads the wide form over several row groups; a null is "not run"', async () => {
    const path = writeParquet(
      'a.parquet',
      [
        { name: 'prompt', data: ['p0', 'p1', 'p2', 'p3', 'p4'] },
        { name: 'm', data: [0, 0.25, null, 1, 0.5], type: 'DOUBLE' },
        { name: 'n', data: [1, 0, 1, 1, 0], type: 'INT32' },
        { name: 'inputTokens:n', data: [10n, 11n, 12n, 13n, null], type: 'INT64' },
        { name: 'title', data: ['t', null, 't', null, null], type: 'STRING' },
      ],
      2,
    );
    const table = await readRoutingData([path]);
    expect(table.prompts).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
    expect([...table.scores]).toEqual([0, 1, 0.25, 0, Number.NaN, 1, 1, 1, 0.5, 0]);
    expect([...table.inputTokens].filter((tokens) => !Number.isNaN(tokens))).toEqual([10, 11, 12, 13]);
    expect(table.groups[0]).toBe(table.groups[2]);
    expect(table.origin[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('refuses NaN, text and truth values in a column of scores', async () => {
    const column = (data: unknown[]) => [
      { name: 'prompt', data: ['p', 'q'] },
      { name: 'm', data },
    ];
    const nan = writeParquet('nan.parquet', column([1, Number.NaN]));
    expect(await refusal(nan)).toBe(
      'ERR_INVALID_DATA nan.parquet, row 2: column "m": expected a score from 0 to 1, got NaN',
    );
    expect(await refusal(writeParquet('text.parquet', column(['1', 'good'])))).toContain(
      'row 2: column "m": expected',
    );
    expect(await refusal(writeParquet('flag.parquet', column([true, false])))).toContain(
      'row 1: column "m": expected',
    );
  });

  test('refuses a nested column', async () => {
    const path = writeParquet('nested.parquet', [
      { name: 'prompt', data: ['p'] },
      { name: 'scores', data: [{ m: 1 }], type: 'VARIANT' },
    ]);
    expect(await refusal(path)).toBe(
      'ERR_INVALID_DATA nested.parquet, schema: expected plain columns, got the nested column "scores"',
    );
  });

  test('refuses a file that is cut short or no Parquet at all', async () => {
    const whole = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'prompt', data: ['p'] },
          { name: 'm', data: [1] },
        ],
      }),
    );
    expect(await refusal(write('cut.parquet', whole.subarray(0, whole.length - 9)))).toMatch(
      /^ERR_INVALID_DATA cut\.parquet, footer: expected Parquet data: /,
    );
    expect(await refusal(write('words.parquet', 'prompt,m\nx,1\n'))).toMatch(
      /^ERR_INVALID_DATA words\.parquet/,
    );
  });
});

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.clean());

describe('pointsman export', () => {
  it('writes an encoder that other commands take and recognise', () => {
    const out = join(folder.path, 'exported');
    const { status, stdout } = pointsman(['export', '--onnx', '--out', out]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `written to ${join(out, 'onnx', 'model.onnx')}\n`,
    });
    const report = JSON.parse(pointsman(['inspect', '--encoder', out, '--json']).stdout);
    expect(report.encoder).toMatchObject({ backend: 'onnx', file: join(out, 'onnx', 'model.onnx') });
    expect(report.router.matchesEncoder).toBe(true);
    const embedded = pointsman(['embed', '--encoder', out, 'How do I sort a list in Python?']);
    expect(embedded.status).toBe(0);
    expect(Number(embedded.stdout.split(' ')[0])).toBeCloseTo(0.0101461, 5);
  });

  it.each([
    ['no format', ['export', '--out', 'x'], /ERR_INVALID_ARGUMENT: name the format to write: --onnx/],
    ['no folder', ['export', '--onnx'], /required option '-o, --out <dir>' not specified/],
    [
      'an unknown precision',
      ['export', '--onnx', '--out', 'x', '--precision', 'fp8'],
      /Allowed choices are fp32, int8/,
    ],
  ])('ends with status 2 for %s', (_, args, message) => {
    const { status, stderr } = pointsman(args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

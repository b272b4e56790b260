import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../lib/artifact/atomic-file.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.clean());

describe('writeFileAtomically', () => {
  it('replaces a file and makes the folders to it', async () => {
    const path = join(folder.path, 'new', 'report.csv');
    await writeFileAtomically(path, 'old');
    await writeFileAtomically(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(folder.path, 'new'))).toEqual(['report.csv']);
  });

  it('fails with ERR_IO where it cannot take the place, and leaves nothing behind', async () => {
    const path = join(folder.path, 'taken');
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), '');
    await expect(writeFileAtomically(path, 'text')).rejects.toMatchObject({
      code: 'ERR_IO',
      message: expect.stringMatching(/^cannot write .*taken: E/),
    });
    expect(readdirSync(folder.path)).toEqual(['taken']);
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFolderAtomically } from '../../lib/artifact/atomic-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pointsman-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const always = { kind: 'a router', mayReplace: async () => true };
const never = { kind: 'a router', mayReplace: async () => false };

describe('writing a folder', () => {
  it('creates it with its parents and leaves nothing else', async () => {
    await writeFolderAtomically(join(root, 'a', 'b'), { 'one.txt': 'one', 'in/two.txt': 'two' }, never);
    expect(await readFile(join(root, 'a', 'b', 'one.txt'), 'utf8')).toBe('one');
    expect(await readFile(join(root, 'a', 'b', 'in', 'two.txt'), 'utf8')).toBe('two');
    expect(await readdir(join(root, 'a'))).toEqual(['b']);
  });

  it('replaces an older one whole where it may', async () => {
    const folder = join(root, 'r');
    await writeFolderAtomically(folder, { 'old.txt': 'old' }, never);
    await writeFolderAtomically(folder, { 'new.txt': 'new' }, always);
    expect(await readdir(folder)).toEqual(['new.txt']);
    expect(await readdir(root)).toEqual(['r']);
  });

  it('refuses to replace a folder that is something else', async () => {
    const folder = join(root, 'photos');
    await mkdir(folder);
    await writeFile(join(folder, 'cat.jpg'), 'cat');
    await expect(writeFolderAtomically(folder, { a: 'a' }, never)).rejects.toMatchObject({
      code: 'ERR_IO',
      message: `${folder} exists and is not a router: choose another folder or remove it`,
    });
    expect(await readdir(folder)).toEqual(['cat.jpg']);
  });

  it('leaves the old folder as it was, and no temporary one, where writing fails', async () => {
    const folder = join(root, 'r');
    await writeFolderAtomically(folder, { 'old.txt': 'old' }, never);
    // A file cannot be a folder too, so the second one fails after the first was written.
    const files = { 'new.txt': 'new', 'new.txt/two.txt': 'two' };
    await expect(writeFolderAtomically(folder, files, always)).rejects.toMatchObject({ code: 'ERR_IO' });
    expect(await readdir(folder)).toEqual(['old.txt']);
    expect(await readdir(root)).toEqual(['r']);
  });

  it('answers a path that cannot be a folder with ERR_IO', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(writeFolderAtomically(join(root, 'file', 'r'), { a: 'a' }, never)).rejects.toMatchObject({
      code: 'ERR_IO',
      message: expect.stringContaining('cannot write'),
    });
  });
});

import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PointsmanError } from '../errors.ts';

/** What an existing folder must be to be replaced. */
export interface FolderKind {
  /** For the message where it is something else: "a router". */
  readonly kind: string;
  readonly mayReplace: (folder: string) => Promise<boolean>;
}

/**
 * Writes a folder of files so that readers see the old one or the new one, never a mixture: everything goes to a
 * temporary sibling first, is flushed, and then takes the place by rename. A failure leaves the old folder as it was
 * and removes the temporary one. Names may lie in subfolders ('onnx/model.onnx').
 */
export async function writeFolderAtomically(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
  { kind, mayReplace }: FolderKind,
): Promise<void> {
  const target = resolve(folder);
  const temporary = `${target}.tmp-${process.pid}`;
  const previous = `${target}.old-${process.pid}`;
  try {
    const replaces = await exists(target);
    if (replaces && !(await mayReplace(target))) {
      throw new PointsmanError(
        'ERR_IO',
        `${folder} exists and is not ${kind}: choose another folder or remove it`,
      );
    }
    await mkdir(dirname(target), { recursive: true });
    await mkdir(temporary);
    for (const [name, content] of Object.entries(files)) await writeFlushed(join(temporary, name), content);
    if (replaces) await rename(target, previous);
    await moveIntoPlace(temporary, target, replaces ? previous : null);
    if (replaces) await rm(previous, { recursive: true, force: true });
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    if (cause instanceof PointsmanError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PointsmanError('ERR_IO', `cannot write ${folder}: ${detail}`, { cause });
  }
}

async function moveIntoPlace(temporary: string, target: string, previous: string | null): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    if (previous !== null) await rename(previous, target);
    throw error;
  }
}

async function writeFlushed(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

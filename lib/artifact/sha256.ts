import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PointsmanError } from '../errors.ts';

/** In hexadecimal. ERR_FILE_NOT_FOUND where the file cannot be read. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  } catch (cause) {
    throw new PointsmanError('ERR_FILE_NOT_FOUND', `encoder file ${path} cannot be read`, { cause });
  }
  return hash.digest('hex');
}

import { PointsmanError } from '../errors.ts';

/** JSON.parse whose failure names the file. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PointsmanError('ERR_CORRUPT_FILE', `${path} is not valid JSON: ${detail}`, { cause });
  }
}

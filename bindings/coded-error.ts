/** Codes that the TypeScript half of this folder makes itself; native code has its own. All are in lib/errors.ts. */
export type BindingErrorCode =
  | 'ERR_ADDON_MISSING'
  | 'ERR_FILE_NOT_FOUND'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_UNKNOWN_OPTION';

/**
 * An error of the shape native code throws: a plain `Error` with a `code`. The class `PointsmanError` belongs to
 * lib/, which this folder must not import.
 */
export function codedError(
  code: BindingErrorCode,
  message: string,
  cause?: unknown,
): Error & { readonly code: BindingErrorCode } {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}

/**
 * Every error Pointsman throws has a stable `code`. Messages may be reworded; codes may not.
 * To add a code: a line here, a test that provokes it, a row in CONTRIBUTING.md.
 */
export const errorCodes = {
  ERR_ABORTED: "the caller's signal was aborted; `cause` is its reason",
  ERR_ADDON_MISSING: 'the native addon could not be loaded',
  ERR_CLOSED: 'the router was closed',
  ERR_CORRUPT_FILE: 'a file is damaged, truncated or not of the stated kind',
  ERR_DEADLINE: 'no answer could be had within deadlineMs',
  ERR_DEVICE_UNAVAILABLE: 'a GPU was asked for by name and cannot be used; the message says why',
  ERR_DISPOSED: 'a native object was used after dispose',
  ERR_ENCODER_MISMATCH: 'a router was made for another encoder than the one at hand',
  ERR_FILE_NOT_FOUND: 'a file or folder does not exist',
  ERR_INTERNAL: 'a fault in Pointsman itself',
  ERR_INVALID_ARGUMENT: 'an argument or option has an impossible value',
  ERR_INVALID_DATA: 'training or evaluation data is not usable as it is',
  ERR_INVALID_PRICE: 'a price is missing, negative or not a number',
  ERR_INVALID_PROMPT: 'a prompt is not a string or is empty',
  ERR_IO: 'reading or writing failed: disk full, no permission, ...',
  ERR_LANE_FAILED: 'a worker lane died while it held the request',
  ERR_NO_CANDIDATE: 'no candidate model is left under the constraints',
  ERR_NO_FEEDBACK_STORE: 'feedback was given to a router that stores no decisions',
  ERR_OUT_OF_MEMORY: 'an allocation failed',
  ERR_PEER_MISSING: 'an optional package that was asked for is not installed',
  ERR_QUEUE_FULL: 'the request queue is at its limit',
  ERR_UNKNOWN_DECISION: 'no decision of this id is stored, or not any more',
  ERR_UNKNOWN_MODEL: 'a model is not among those the router knows',
  ERR_UNKNOWN_OPTION: 'an option name is not known',
  ERR_UNSUPPORTED: 'well formed, but not implemented by this version',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable `code`; `cause` keeps what it was made from. */
export class PointsmanError extends Error {
  override readonly name = 'PointsmanError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The error for a caller's signal that was aborted while `what` went on. */
export function abortError(what: string, signal: AbortSignal): PointsmanError {
  return new PointsmanError('ERR_ABORTED', `${what} was aborted`, { cause: signal.reason });
}

/** Whether `error` carries `code`, whichever thread or copy of the package made it. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The code of any error, `ERR_INTERNAL` for one that has none of ours. */
export function codeOf(error: unknown): ErrorCode {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code in errorCodes ? (code as ErrorCode) : 'ERR_INTERNAL';
}

import { checkBoolean, checkInteger, checkNames, checkNumber } from '../check.ts';
import { PointsmanError } from '../errors.ts';

/** Limits of a feedback store. */
export interface FeedbackStoreOptions {
  /** Decisions that wait for a score, 1 or more; past it the oldest are dropped. Each takes up to 4 KB. @default 50000 */
  readonly maxPending?: number;
  /** Days that a decision waits for a score, more than 0. @default 7 */
  readonly maxPendingDays?: number;
  /** Scored decisions, 1 or more; past it the oldest are dropped. @default 100000 */
  readonly maxScored?: number;
  /**
   * Keep the text of prompts too. Without it a prompt's features are kept, from which a router predicts. They are no secret:
   * what a text is about can be told from them. @default false
   */
  readonly keepPrompts?: boolean;
  /** Open it for reading alone. @default false */
  readonly readOnly?: boolean;
}

/** Where a router keeps decisions for `Router.feedback`, and how many. */
export interface RouterFeedbackOptions extends Omit<FeedbackStoreOptions, 'readOnly'> {
  /** Folder of the store; made where it does not exist. Several routers and processes may share it. */
  readonly path: string;
}

const storeOptionNames: readonly (keyof FeedbackStoreOptions)[] = [
  'maxPending',
  'maxPendingDays',
  'maxScored',
  'keepPrompts',
  'readOnly',
];
const routerOptionNames = ['path', ...storeOptionNames.filter((name) => name !== 'readOnly')];

export function resolveStoreOptions(options: FeedbackStoreOptions): Required<FeedbackStoreOptions> {
  checkNames(options, storeOptionNames, 'feedback store option');
  const { maxPending = 50_000, maxPendingDays = 7, maxScored = 100_000 } = options;
  const { keepPrompts = false, readOnly = false } = options;
  if (maxPendingDays === 0)
    throw new PointsmanError('ERR_INVALID_ARGUMENT', 'maxPendingDays must be more than 0');
  return Object.freeze({
    maxPending: checkInteger('maxPending', maxPending, 1, Number.MAX_SAFE_INTEGER),
    maxPendingDays: checkNumber('maxPendingDays', maxPendingDays, 0, 36_500),
    maxScored: checkInteger('maxScored', maxScored, 1, Number.MAX_SAFE_INTEGER),
    keepPrompts: checkBoolean('keepPrompts', keepPrompts),
    readOnly: checkBoolean('readOnly', readOnly),
  });
}

/** The router option `feedback`, checked; null where it is absent. */
export function resolveRouterFeedback(
  feedback: RouterFeedbackOptions | undefined,
): RouterFeedbackOptions | null {
  if (feedback === undefined) return null;
  checkNames(feedback, routerOptionNames, 'feedback option');
  const { path, ...options } = feedback;
  if (typeof path !== 'string' || path === '')
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      'feedback.path must be the folder of the feedback store',
    );
  resolveStoreOptions(options);
  return Object.freeze({ ...feedback });
}

/** `pointsman/feedback`: the store that `Router.load(..., { feedback })` writes, for other processes to score and read. */
export type { FeedbackStoreOptions, RouterFeedbackOptions } from './options.ts';
export type { DecisionRecord, FeedbackRecord, StoredRouter } from './records.ts';
export { type FeedbackCounts, type FeedbackDetails, FeedbackStore } from './store.ts';

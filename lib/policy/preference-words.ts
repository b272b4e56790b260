import type { SweptPolicySpec } from './policy.ts';

/** Preferences in plain words, from the most to the least quality. */
export const preferenceWords = ['best', 'balanced', 'cheapest'] as const;
export type PreferenceWord = (typeof preferenceWords)[number];

/** A setting and what it did on rows that were held out in training. */
export interface MeasuredSetting {
  readonly policy: SweptPolicySpec;
  readonly quality: number;
  /** Mean, USD a request. */
  readonly costUsd: number;
}

export type MeasuredPreferences = Readonly<Record<PreferenceWord, MeasuredSetting>>;

import type { Exclusion } from './constraints.ts';

/** An exclusion in a few words, as in "gpt-4o: over $0.01". */
export function describeExclusion(exclusion: Exclusion): string {
  switch (exclusion.kind) {
    case 'not-a-candidate':
      return 'not a candidate';
    case 'excluded':
      return 'excluded by the caller';
    case 'over-max-cost':
      return `over ${exclusion.maxCostUsd} USD`;
    case 'over-context-window':
      return `needs ${exclusion.neededTokens} tokens, its context window is ${exclusion.contextWindow}`;
    case 'over-max-output':
      return `must answer with up to ${exclusion.outputTokens} tokens, can with ${exclusion.maxOutputTokens}`;
    case 'no-modality':
      return `does not take ${exclusion.missing.join(', ')}`;
    case 'no-tools':
      return 'calls no tools';
    case 'no-json-mode':
      return 'has no JSON mode';
    case 'unknown-context-window':
      return 'its context window is not stated';
    case 'unknown-max-output':
      return 'its longest answer is not stated';
    case 'unknown-modalities':
      return 'what it takes beside text is not stated';
    case 'unknown-tools':
      return 'whether it calls tools is not stated';
    case 'unknown-json-mode':
      return 'whether it has a JSON mode is not stated';
  }
}

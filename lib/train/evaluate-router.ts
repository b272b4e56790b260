import { evaluate } from '../evaluate/evaluate.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import { type HoldOptions, heldInput, heldInputWithIntervals, holdRouter, readTable } from './held-router.ts';

export interface EvaluateRouterOptions extends HoldOptions {
  /** Router folder. */
  readonly router: string;
}

/**
 * Evaluates a router on measured prompts. Where the test rows of its own training data are used, settings are chosen on
 * its validation rows. Rejects as `Router.load` and the data readers do.
 */
export async function evaluateRouter(options: EvaluateRouterOptions): Promise<Evaluation> {
  const held = await holdRouter(options.router, await readTable(options), options);
  const { evaluated, validation } = held.rows;
  const { input, notes } = heldInputWithIntervals(held, evaluated);
  return evaluate(input, {
    ...evaluationOptions(options, 'resampling'),
    notes: [...held.rows.notes, ...held.notes, ...notes],
    ...(validation === null ? {} : { validation: heldInput(held, validation).input }),
  });
}

/** What `evaluate` takes of the options; `stage` names the bootstrap in progress reports. */
export function evaluationOptions({ policy, resamples, onProgress }: HoldOptions, stage: string) {
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(resamples === undefined ? {} : { resamples }),
    onProgress: (done: number, total: number) => onProgress?.({ stage, done, total }),
  };
}

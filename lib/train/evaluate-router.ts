import { mapPool, type PoolMap } from '../estimator/identity-map.ts';
import { identitiesOf } from '../estimator/irt-identities.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import type { EvaluationInput } from '../evaluate/input.ts';
import type { LeftOutResult } from '../evaluate/left-out.ts';
import { renderPolicyFigures } from '../evaluate/render-policy-network.ts';
import { labelledRows } from './embed-table.ts';
import { comparePolicy } from './fit-policy.ts';
import {
  evaluationOptions,
  type HeldRouter,
  type HoldOptions,
  heldInputWithIntervals,
  heldValidation,
  holdRouter,
  readTable,
} from './held-router.ts';
import { leaveSourceOut } from './leave-source-out.ts';
import { describeRouterTasks, type RouterTask } from './list-tasks.ts';

export interface EvaluateRouterOptions extends HoldOptions {
  /** Router folder. */
  readonly router: string;
  /**
   * Also train a router like this one for every source of the data, on the other sources, and evaluate it on that source:
   * how it does on prompts of a kind it has not seen. @default false
   */
  readonly leaveSourceOut?: boolean;
}

export interface RouterEvaluation extends Evaluation {
  /** null where not asked for. */
  readonly leftOut: LeftOutResult | null;
  /** Where the router's models stand to each other; null for an estimator without identities. */
  readonly poolMap: PoolMap | null;
  /** The router's policy network against `utility` on the same rows, up to 2,000 of them; null without one. */
  readonly policyNetwork: ReturnType<typeof comparePolicy> | null;
  /** The router's latent tasks; null for an estimator without. */
  readonly tasks: readonly RouterTask[] | null;
}

/**
 * Evaluates a router on measured prompts. Where the test rows of its own training data are used, settings are chosen on
 * its validation rows. Rejects as `Router.load` and the data readers do.
 */
export async function evaluateRouter(options: EvaluateRouterOptions): Promise<RouterEvaluation> {
  const held = await holdRouter(options.router, await readTable(options), options);
  const validation = heldValidation(held);
  const { input, notes } = heldInputWithIntervals(held, held.rows.evaluated);
  const policyNetwork = policyOn(held, input);
  const evaluation = evaluate(input, {
    ...evaluationOptions(options, 'resampling'),
    notes: [...held.rows.notes, ...held.notes, ...notes, ...describePolicy(policyNetwork)],
    ...(validation === null ? {} : { validation }),
  });
  const leftOut = options.leaveSourceOut ? await leaveSourceOut(held, options) : null;
  const { estimator } = held.artifact;
  const identities = identitiesOf(estimator.state(), estimator.models);
  return {
    ...evaluation,
    leftOut,
    poolMap: identities === null ? null : mapPool(identities),
    policyNetwork,
    tasks: describeRouterTasks(held.artifact)?.tasks ?? null,
  };
}

function policyOn({ artifact, table, embedded, rows }: HeldRouter, input: EvaluationInput) {
  const { policy, estimator } = artifact;
  if (policy === null) return null;
  const { embeddings } = labelledRows(table, embedded, rows.evaluated);
  return comparePolicy({ input, embeddings }, estimator, policy, 0);
}

function describePolicy(compared: RouterEvaluation['policyNetwork']): string[] {
  if (compared === null) return [];
  return [`policy network on ${compared.rows} of these rows: ${renderPolicyFigures(compared)}`];
}

import * as v from 'valibot';
import { checkModel } from './check.ts';
import type { RoutableModel } from './decide.ts';
import { PointsmanError } from './errors.ts';
import { type ModelFacts, modelFactsSchema } from './model-facts.ts';

/** Models of an artifact, which may state facts. */
interface StatedModel {
  readonly id: string;
  readonly facts?: ModelFacts;
}

/**
 * The priced models with the artifact's facts, each fact that the caller states in place of the stored one.
 * Throws ERR_UNKNOWN_MODEL, and ERR_INVALID_ARGUMENT for a fact that does not exist or has an impossible value.
 */
export function stateFacts(
  stored: readonly StatedModel[],
  priced: readonly RoutableModel[],
  own: Readonly<Record<string, ModelFacts>>,
): readonly RoutableModel[] {
  const ids = priced.map(({ id }) => id);
  for (const [id, facts] of Object.entries(own)) {
    checkModel(id, ids);
    checkFacts(id, facts);
  }
  return priced.map((model, index) => {
    const facts = { ...stored[index]?.facts, ...own[model.id] };
    return Object.keys(facts).length === 0 ? model : { ...model, facts: Object.freeze(facts) };
  });
}

function checkFacts(id: string, facts: unknown): void {
  const result = v.safeParse(modelFactsSchema, facts);
  if (result.success) return;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  const expected = issue.expected === 'never' ? 'no such fact' : issue.expected;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `models["${id}"]${place === null ? '' : `.${place}`}: expected ${expected}, got ${issue.received}`,
  );
}

import type { Modality, ModelFacts } from './model-facts.ts';

/** What a request needs of whichever model answers it. */
export interface Requirements {
  /** Tokens of the whole request where it sends more than the prompt that is routed: history, instructions, tools. */
  readonly inputTokens?: number;
  /** Tokens the answer may need. */
  readonly outputTokens?: number;
  readonly modalities?: readonly Modality[];
  readonly tools?: boolean;
  readonly jsonMode?: boolean;
}

/** The hard constraints of a request, as a decision records them: plain data that JSON keeps. */
export interface Constraints {
  /** null: all of the router's models. */
  readonly candidates: readonly string[] | null;
  readonly exclude: readonly string[];
  /** null: no limit. */
  readonly maxCostUsd: number | null;
  readonly requires: Requirements;
}

/** Why a model was not up for choice. `unknown-...`: the request needs a fact that nobody stated of the model. */
export type Exclusion =
  | { readonly kind: 'not-a-candidate' }
  | { readonly kind: 'excluded' }
  | { readonly kind: 'over-max-cost'; readonly maxCostUsd: number }
  | { readonly kind: 'over-context-window'; readonly neededTokens: number; readonly contextWindow: number }
  | { readonly kind: 'over-max-output'; readonly outputTokens: number; readonly maxOutputTokens: number }
  | { readonly kind: 'no-modality'; readonly missing: readonly Modality[] }
  | { readonly kind: 'no-tools' }
  | { readonly kind: 'no-json-mode' }
  | { readonly kind: 'unknown-context-window' }
  | { readonly kind: 'unknown-max-output' }
  | { readonly kind: 'unknown-modalities' }
  | { readonly kind: 'unknown-tools' }
  | { readonly kind: 'unknown-json-mode' };

/** Constraints with their lists as sets, made once for all prompts they hold for. */
export interface IndexedConstraints {
  readonly recorded: Constraints;
  readonly candidates: ReadonlySet<string> | null;
  readonly exclude: ReadonlySet<string>;
  readonly maxCostUsd: number;
  /** Whether `requires` states anything. */
  readonly hasRequirements: boolean;
}

export function indexConstraints(recorded: Constraints): IndexedConstraints {
  return {
    recorded,
    candidates: recorded.candidates === null ? null : new Set(recorded.candidates),
    exclude: new Set(recorded.exclude),
    maxCostUsd: recorded.maxCostUsd ?? Number.POSITIVE_INFINITY,
    hasRequirements: Object.keys(recorded.requires).length > 0,
  };
}

/** A model as constraints see it. */
export interface ConstrainedModel {
  readonly id: string;
  readonly facts?: ModelFacts;
}

/**
 * The first constraint that keeps a model from answering; null where none does.
 * @param costUsd of this request to this model
 * @param promptTokens counted of the prompt
 */
export function exclusionOf(
  model: ConstrainedModel,
  costUsd: number,
  promptTokens: number,
  constraints: IndexedConstraints,
): Exclusion | null {
  const { requires } = constraints.recorded;
  return (
    listExclusion(model.id, constraints) ??
    (constraints.hasRequirements ? factExclusion(model.facts, requires) : null) ??
    windowExclusion(model.facts?.contextWindow, promptTokens, requires) ??
    costExclusion(costUsd, constraints)
  );
}

/** The first constraint that keeps a model from answering whatever the prompt, be it empty and free; null where none does. */
export function standingExclusion(
  model: ConstrainedModel,
  constraints: IndexedConstraints,
): Exclusion | null {
  return exclusionOf(model, 0, 0, constraints);
}

export function listExclusion(model: string, { candidates, exclude }: IndexedConstraints): Exclusion | null {
  if (candidates !== null && !candidates.has(model)) return { kind: 'not-a-candidate' };
  return exclude.has(model) ? { kind: 'excluded' } : null;
}

export function costExclusion(costUsd: number, { maxCostUsd }: IndexedConstraints): Exclusion | null {
  return costUsd > maxCostUsd ? { kind: 'over-max-cost', maxCostUsd } : null;
}

function factExclusion(facts: ModelFacts = {}, requires: Requirements): Exclusion | null {
  return (
    modalityExclusion(facts.modalities, requires.modalities) ??
    abilityExclusion(facts.tools, requires.tools, 'tools') ??
    abilityExclusion(facts.jsonMode, requires.jsonMode, 'json-mode') ??
    outputExclusion(facts.maxOutputTokens, requires.outputTokens)
  );
}

function modalityExclusion(
  known: readonly Modality[] | undefined,
  required: readonly Modality[] = [],
): Exclusion | null {
  if (required.length === 0) return null;
  if (known === undefined) return { kind: 'unknown-modalities' };
  const missing = required.filter((modality) => !known.includes(modality));
  return missing.length === 0 ? null : { kind: 'no-modality', missing };
}

function abilityExclusion(
  known: boolean | undefined,
  required: boolean | undefined,
  ability: 'tools' | 'json-mode',
): Exclusion | null {
  if (required !== true || known === true) return null;
  return { kind: known === undefined ? `unknown-${ability}` : `no-${ability}` };
}

function outputExclusion(
  maxOutputTokens: number | undefined,
  outputTokens: number | undefined,
): Exclusion | null {
  if (outputTokens === undefined) return null;
  if (maxOutputTokens === undefined) return { kind: 'unknown-max-output' };
  return outputTokens > maxOutputTokens ? { kind: 'over-max-output', outputTokens, maxOutputTokens } : null;
}

/** A known window holds for every prompt; an unknown one counts against a model only where the request asks for room. */
function windowExclusion(
  contextWindow: number | undefined,
  promptTokens: number,
  { inputTokens, outputTokens }: Requirements,
): Exclusion | null {
  if (contextWindow === undefined) {
    const asksForRoom = inputTokens !== undefined || outputTokens !== undefined;
    return asksForRoom ? { kind: 'unknown-context-window' } : null;
  }
  const neededTokens = Math.max(promptTokens, inputTokens ?? 0) + (outputTokens ?? 0);
  return neededTokens > contextWindow ? { kind: 'over-context-window', neededTokens, contextWindow } : null;
}

import { PointsmanError } from '../errors.ts';
import { type Interval, interval95 } from './bootstrap.ts';
import { type EvaluateOptions, evaluateWithSamples } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import type { EvaluationInput } from './input.ts';
import type { FigureValue } from './metric.ts';

/** One router of a comparison. All have the same rows, models, scores and actual costs; predictions are their own. */
export interface ComparedInput {
  readonly name: string;
  readonly input: EvaluationInput;
  /** The router's own rows to choose settings on. */
  readonly validation?: EvaluationInput;
  readonly notes?: readonly string[];
}

/** A router's figure less that of the first router. */
export interface Difference {
  readonly value: FigureValue;
  /**
   * 95 % bootstrap interval of the difference: both routers are measured on each resample, so what makes some prompts
   * hard for both cancels out.
   */
  readonly interval: Interval | null;
}

export interface ComparedRouter {
  readonly name: string;
  readonly evaluation: Evaluation;
  /** To the first router, by figure; null for the first itself. */
  readonly differences: Readonly<Record<string, Difference>> | null;
}

/** Plain data; nothing in it is lost by `JSON.stringify`. */
export interface Comparison {
  readonly rows: number;
  readonly models: readonly string[];
  readonly routers: readonly ComparedRouter[];
  readonly notes: readonly string[];
}

/**
 * Evaluates routers on the same rows and resamples, and the paired differences of their figures to the first's.
 * @throws ERR_INVALID_ARGUMENT for fewer than two routers, and where `evaluate` does.
 */
export function compare(
  contenders: readonly ComparedInput[],
  options: Omit<EvaluateOptions, 'validation' | 'onProgress'> & {
    readonly onProgress?: (router: string, done: number, total: number) => void;
  } = {},
): Comparison {
  const { onProgress, notes = [], ...settings } = options;
  const results = contenders.map(({ name, input, validation, notes: own = [] }) => ({
    name,
    ...evaluateWithSamples(input, {
      ...settings,
      notes: own,
      ...(validation === undefined ? {} : { validation }),
      onProgress: (done, total) => onProgress?.(name, done, total),
    }),
  }));
  const [first] = results;
  if (first === undefined || results.length < 2) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `compare: expected two or more routers, got ${contenders.length}`,
    );
  }
  return {
    rows: first.evaluation.rows,
    models: first.evaluation.models,
    routers: results.map((result) => ({
      name: result.name,
      evaluation: result.evaluation,
      differences: result === first ? null : differencesOf(first, result),
    })),
    notes,
  };
}

type Result = ReturnType<typeof evaluateWithSamples>;

function differencesOf(first: Result, other: Result): Record<string, Difference> {
  const entries = Object.values(other.evaluation.figures).flatMap(({ name, value }) => {
    const reference = first.evaluation.figures[name];
    if (reference === undefined) return [];
    const from = first.samples.get(name) ?? [];
    const samples = (other.samples.get(name) ?? []).map((sample, index) => less(sample, from[index] ?? null));
    const difference = less(value, reference.value);
    return [[name, { value: difference, interval: difference === null ? null : interval95(samples) }]];
  });
  return Object.fromEntries(entries);
}

function less(a: FigureValue, b: FigureValue): FigureValue {
  return a === null || b === null ? null : a - b;
}

import { type Interval, interval95 } from './bootstrap.ts';
import type { EvaluateOptions } from './evaluate.ts';
import { evaluateWithSamples } from './evaluate.ts';
import type { EvaluationInput } from './input.ts';
import type { Figure, FigureValue } from './metric.ts';

/** One source, predicted by a router that was trained on the other sources. */
export interface LeftOutInput {
  readonly source: string;
  readonly input: EvaluationInput;
  /** Rows of the other sources, predicted by estimators that were not trained on them. */
  readonly validation: EvaluationInput;
  readonly trainingRows: number;
}

export interface LeftOutSource {
  readonly source: string;
  /** Evaluated: all of the source's. */
  readonly rows: number;
  /** Of the other sources. */
  readonly trainingRows: number;
  /** Those that were run on other sources too. */
  readonly models: readonly string[];
  readonly figures: Readonly<Record<string, Figure>>;
}

/** A mean over sources, each of which counts once however many prompts it has. */
export interface MeanOverSources {
  readonly value: FigureValue;
  readonly interval: Interval | null;
  /** Sources on which the figure is defined. */
  readonly sources: number;
}

/** How a kind of router does on sources it has never seen. Plain data. */
export interface LeftOutResult {
  readonly estimator: string;
  readonly sources: readonly LeftOutSource[];
  /** Means of the figures in `meanFigures`. */
  readonly means: Readonly<Record<(typeof meanFigures)[number], MeanOverSources>>;
}

/** `gapClosed` and the height over the zero router, which here is the best static mix of the very source: in hindsight. */
export const meanFigures = ['gapClosed', 'gapClosedAsChosen', 'areaOverZero'] as const;

/**
 * Evaluates sources that were left out, one at a time, and the means over them. Resamples are drawn within each source.
 */
export async function evaluateLeftOut(
  estimator: string,
  inputs: AsyncIterable<LeftOutInput>,
  options: Omit<EvaluateOptions, 'validation' | 'notes'> = {},
): Promise<LeftOutResult> {
  const { seed = 0 } = options;
  const sources: LeftOutSource[] = [];
  const samples: ReadonlyMap<string, readonly FigureValue[]>[] = [];
  for await (const { source, input, validation, trainingRows } of inputs) {
    const own = { ...options, seed: seed + sources.length, validation };
    const { evaluation, samples: drawn } = evaluateWithSamples(input, own);
    sources.push({
      ...{ source, rows: evaluation.rows, trainingRows, models: input.models },
      figures: evaluation.figures,
    });
    samples.push(drawn);
  }
  const mean = (name: string) => meanOverSources(name, sources, samples);
  return {
    estimator,
    sources,
    means: {
      gapClosed: mean('gapClosed'),
      gapClosedAsChosen: mean('gapClosedAsChosen'),
      areaOverZero: mean('areaOverZero'),
    },
  };
}

function meanOverSources(
  name: string,
  sources: readonly LeftOutSource[],
  samples: readonly ReadonlyMap<string, readonly FigureValue[]>[],
): MeanOverSources {
  const values = sources.map(({ figures }) => figures[name]?.value ?? null);
  const drawn = samples[0]?.get(name)?.length ?? 0;
  const means = Array.from({ length: drawn }, (_, sample) =>
    meanOf(samples.map((one) => one.get(name)?.[sample] ?? null)),
  );
  return {
    value: meanOf(values),
    interval: interval95(means),
    sources: values.filter((value) => value !== null).length,
  };
}

function meanOf(values: readonly FigureValue[]): FigureValue {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

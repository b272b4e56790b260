import type { Interval } from './bootstrap.ts';
import type { Figure, FigureUnit } from './metric.ts';

/** A value in its unit, for people: "12.3 %", "0.7071", "1.048" (USD per 1000 prompts). */
export function showValue(value: number | null, unit: FigureUnit): string {
  if (value === null) return '-';
  switch (unit) {
    case 'share':
      // Adding 0 turns -0 into 0.
      return `${(Number((100 * value).toFixed(1)) + 0).toFixed(1)} %`;
    case 'quality':
    case 'error':
      return (Number(value.toFixed(4)) + 0).toFixed(4);
    case 'usd':
      return String(Number((1000 * value).toPrecision(4)));
  }
}

/** "2.3 .. 19.2 %"; empty for none. */
export function showInterval(interval: Interval | null, unit: FigureUnit): string {
  if (interval === null) return '';
  const [low, high] = interval.map((end) => showValue(end, unit));
  return unit === 'share' ? `${low?.replace(' %', '')} .. ${high}` : `${low} .. ${high}`;
}

/** The difference of two figures: of shares, in points (hundredths). */
export function showDifference(value: number | null, unit: FigureUnit): string {
  const shown = showValue(value, unit);
  return unit === 'share' ? shown.replace('%', 'points') : shown;
}

/** "-12.3 .. 1.3 points"; empty for none. */
export function showDifferenceInterval(interval: Interval | null, unit: FigureUnit): string {
  const shown = showInterval(interval, unit);
  return unit === 'share' ? shown.replace('%', 'points') : shown;
}

/** "0.3064 (0.2968 .. 0.3153)". */
export function showFigure(figure: Figure | undefined): string {
  if (figure === undefined) return '-';
  const interval = showInterval(figure.interval, figure.unit);
  return `${showValue(figure.value, figure.unit)}${interval === '' ? '' : ` (${interval})`}`;
}

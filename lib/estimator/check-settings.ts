import { PointsmanError } from '../errors.ts';

/** Which settings of an estimator are of which sort. */
export interface SettingSorts<Name extends string> {
  /** Whole numbers of at least 1. */
  readonly counts: readonly Name[];
  /** Shares in [0, 1). */
  readonly dropouts: readonly Name[];
  /** Finite numbers of at least 0. */
  readonly rates: readonly Name[];
}

/** Throws ERR_INVALID_ARGUMENT, naming the estimator's kind and the setting, for a value out of range. */
export function checkSettings<Name extends string>(
  kind: string,
  settings: Readonly<Record<Name, number>>,
  { counts, dropouts, rates }: SettingSorts<Name>,
): void {
  const check = (names: readonly Name[], wanted: string, accepts: (value: number) => boolean) => {
    const wrong = names.find((name) => !accepts(settings[name]));
    if (wrong === undefined) return;
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `${kind}: ${wrong} must be ${wanted}, got ${settings[wrong]}`,
    );
  };
  check(counts, 'a positive whole number', (x) => Number.isInteger(x) && x > 0);
  check(dropouts, 'in [0, 1)', (x) => x >= 0 && x < 1);
  check(rates, 'a finite number of at least 0', (x) => Number.isFinite(x) && x >= 0);
}

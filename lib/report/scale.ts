/** From values to pixels, linearly. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  at(value: number): number;
}

export function linearScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  const width = to > from ? to - from : 1;
  return { from, to, at: (value) => start + ((value - from) / width) * (end - start) };
}

/** Round values within a range, some `count` of them: multiples of 1, 2 or 5 times a power of ten. */
export function ticksOf({ from, to }: Scale, count: number): number[] {
  const rough = (to - from) / count;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** A tick without the noise of its arithmetic: "0.3", "1200". */
export function showTick(value: number): string {
  return String(Number(value.toPrecision(6)) + 0);
}

import { PointsmanError } from '../errors.ts';

/** Lengths of the dimensions, outermost first; [] is a scalar. */
export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Throws ERR_INVALID_ARGUMENT, naming the operation that was misused. */
export function requireShape(condition: boolean, operation: string, problem: string): asserts condition {
  if (!condition) throw new PointsmanError('ERR_INVALID_ARGUMENT', `${operation}: ${problem}`);
}

/** [rows, columns] of a matrix; anything else is ERR_INVALID_ARGUMENT. */
export function matrixShape(operation: string, name: string, shape: Shape): readonly [number, number] {
  const [rows, columns] = shape;
  requireShape(
    shape.length === 2 && rows !== undefined && columns !== undefined,
    operation,
    `${name} must be a matrix, got shape ${formatShape(shape)}`,
  );
  return [rows, columns];
}

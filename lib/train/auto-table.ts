import type { RouterManifest } from '../artifact/schema.ts';
import { renderTable } from '../plain-table.ts';

/** The comparison as a table for people: what was measured, and why the chosen kind was. */
export function renderSelection({
  rule,
  folds,
  rows,
  kinds,
}: NonNullable<RouterManifest['selection']>): string {
  const head = ['estimator', 'routing error x 10^4', 'gapClosed', 'training s', 'verdict'];
  const lines = kinds.map((one) => [
    one.kind,
    `${(1e4 * one.routingError).toFixed(1)} ± ${(1e4 * one.standardError).toFixed(1)}`,
    one.gapClosed === null ? 'none' : `${percent(one.gapClosed)}${spread(one.gapClosedError)} %`,
    one.seconds.toFixed(1),
    one.verdict,
  ]);
  return [
    `${folds} folds of ${rows} training rows; chosen: ${rule}`,
    renderTable(head, lines, [1, 2, 3]),
    '± of the routing error: of the difference to the best kind',
  ].join('\n');
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function spread(error: number | null): string {
  return error === null ? '' : ` ± ${percent(error)}`;
}

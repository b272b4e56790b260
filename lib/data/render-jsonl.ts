import type { RoutingTable } from './table.ts';

/** Rows of a table as `readJsonl` reads them, one a line, with the scores of the given models. */
export function renderJsonl(
  { ids, prompts, sources, models, scores }: RoutingTable,
  rows: readonly number[],
  scored: readonly string[],
): string {
  const lines = rows.map((row) => {
    const known = models.flatMap((model, column) => {
      const score = scores[row * models.length + column] ?? Number.NaN;
      return scored.includes(model) && !Number.isNaN(score) ? [[model, score] as const] : [];
    });
    const source = sources[row] ?? '';
    return JSON.stringify({
      id: ids[row],
      prompt: prompts[row],
      ...(source === '' ? {} : { source }),
      scores: Object.fromEntries(known),
    });
  });
  return `${lines.join('\n')}\n`;
}

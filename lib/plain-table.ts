import Table from 'cli-table3';

/**
 * A table for terminals, files and pipes alike: two spaces between columns, no borders, no colour.
 * `numeric` lists the columns to align right.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[],
): string {
  const sides = ['top', 'bottom', 'left', 'right', 'mid', 'middle'];
  const corners = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
  const joints = ['left-mid', 'mid-mid', 'right-mid'];
  const chars = Object.fromEntries([...sides, ...corners, ...joints].map((name) => [name, '']));
  const table = new Table({
    head: [...head],
    chars: { ...chars, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (numeric.includes(column) ? 'right' : 'left')),
  });
  for (const row of rows) table.push([...row]);
  return table.toString().replace(/ +$/gm, '');
}

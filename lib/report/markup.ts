/** Text or attribute values as HTML and SVG may hold them. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** JSON within a script element, which `</script>` in a string must not end. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** A coordinate, to a tenth of a pixel. */
export function px(value: number): string {
  return String(Number(value.toFixed(1)) + 0);
}

/** An element; attribute values are escaped, content is taken as it is. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content = '',
): string {
  const shown = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : escapeText(value)}"`,
  );
  return `<${name}${shown.join('')}>${content}</${name}>`;
}

export interface Cell {
  readonly text: string;
  /** Class names: 'number' aligns right. */
  readonly classes?: string;
}

/** A table whose cells are plain text; the first column is the row's header. */
export function htmlTable(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const cell = (name: string, { text, classes }: Cell, scope?: string) =>
    element(
      name,
      { ...(scope === undefined ? {} : { scope }), ...(classes === undefined ? {} : { class: classes }) },
      escapeText(text),
    );
  const row = (cells: readonly Cell[]) =>
    cells.map((one, column) => (column === 0 ? cell('th', one, 'row') : cell('td', one))).join('');
  const headRow = head.map((one) => cell('th', one, 'col')).join('');
  const body = rows.map((cells) => `<tr>${row(cells)}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${headRow}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

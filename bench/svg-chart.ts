/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yScale: 'linear' | 'log';
  readonly series: readonly Series[];
  /** Lines across the whole panel, such as a deadline. */
  readonly marks?: readonly { readonly axis: 'x' | 'y'; readonly at: number; readonly label: string }[];
}

const width = 480;
const height = 300;
const margin = { left: 62, right: 16, top: 34, bottom: 46 };
const lineHeight = 15;

/** Panels side by side over a caption of one or more lines, on white, so that it reads on any page. */
export function renderSvg(panels: readonly Panel[], caption: readonly string[]): string {
  const legend = panels[0]?.series ?? [];
  const total = { width: width * panels.length, height: height + lineHeight * (caption.length + 2) };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" font-family="sans-serif" font-size="11" fill="#333">`,
    `<rect width="${total.width}" height="${total.height}" fill="#fff"/>`,
    ...panels.map((panel, index) => `<g transform="translate(${index * width} 0)">${renderPanel(panel)}</g>`),
    renderLegend(legend, height + 8),
    ...caption.map((line, index) =>
      text(margin.left, height + 10 + lineHeight * (index + 1.5), line, 'start', 'fill="#666"'),
    ),
    '</svg>\n',
  ].join('\n');
}

function renderPanel({ title, xLabel, yLabel, yScale, series, marks = [] }: Panel): string {
  const points = series.flatMap((line) => line.points);
  const xMax = niceCeiling(Math.max(...points.map(({ x }) => x)));
  const ys = points.map(({ y }) => y).filter((y) => yScale === 'linear' || y > 0);
  const low = yScale === 'log' ? 10 ** Math.floor(Math.log10(Math.min(...ys))) : 0;
  const high = yScale === 'log' ? 10 ** Math.ceil(Math.log10(Math.max(...ys))) : niceCeiling(Math.max(...ys));
  const x = (value: number) => margin.left + (value / xMax) * (width - margin.left - margin.right);
  const share = (value: number) =>
    yScale === 'log'
      ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
      : (value - low) / (high - low);
  const y = (value: number) => height - margin.bottom - share(value) * (height - margin.top - margin.bottom);
  const yTicks = yScale === 'log' ? decades(low, high) : evenTicks(high);
  const [left, right, top, bottom] = [x(0), x(xMax), y(high), y(low)];
  return [
    text(left, 18, title, 'start', 'font-weight="bold"'),
    ...yTicks.map(
      (tick) =>
        stroke(left, y(tick), right, y(tick), '#ddd') + text(left - 6, y(tick) + 4, label(tick), 'end'),
    ),
    ...evenTicks(xMax).map(
      (tick) =>
        stroke(x(tick), bottom, x(tick), bottom + 4, '#333') +
        text(x(tick), bottom + 17, label(tick), 'middle'),
    ),
    stroke(left, bottom, right, bottom, '#333'),
    stroke(left, top, left, bottom, '#333'),
    text((left + right) / 2, height - 10, xLabel, 'middle'),
    `<text transform="translate(14 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
    ...marks.map(({ axis, at, label: name }) =>
      axis === 'y'
        ? stroke(left, y(at), right, y(at), '#999', '2 3') +
          text(right - 4, y(at) - 4, name, 'end', 'fill="#666"')
        : stroke(x(at), top, x(at), bottom, '#999', '2 3') +
          text(x(at) + 4, top + 10, name, 'start', 'fill="#666"'),
    ),
    ...series.map((line) => {
      const path = line.points.map((point) => `${round(x(point.x))},${round(y(point.y))}`);
      const dots = line.points.map(
        (point) =>
          `<circle cx="${round(x(point.x))}" cy="${round(y(point.y))}" r="2.5" fill="${line.colour}"/>`,
      );
      const dash = line.dashed ? ' stroke-dasharray="5 4"' : '';
      return `<polyline points="${path.join(' ')}" fill="none" stroke="${line.colour}" stroke-width="2"${dash}/>${dots.join('')}`;
    }),
  ].join('\n');
}

function renderLegend(series: readonly Series[], top: number): string {
  return series
    .map(({ name, colour, dashed }, index) => {
      const left = margin.left + index * 215;
      const dash = dashed === true ? '5 4' : undefined;
      return stroke(left, top, left + 24, top, colour, dash, 2) + text(left + 30, top + 4, name, 'start');
    })
    .join('\n');
}

function stroke(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: string,
  dash?: string,
  thickness = 1,
): string {
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash}"`;
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}" stroke-width="${thickness}"${dashes}/>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" ${more}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function label(value: number): string {
  return value.toLocaleString('en');
}

function decades(low: number, high: number): number[] {
  const first = Math.round(Math.log10(low));
  const count = Math.round(Math.log10(high)) - first + 1;
  return Array.from({ length: count }, (_, index) => 10 ** (first + index));
}

function evenTicks(high: number): number[] {
  return Array.from({ length: 6 }, (_, index) => (high * index) / 5);
}

/** The next round number that five ticks divide well. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10].find((candidate) => candidate * power >= value) ?? 10;
  return step * power;
}

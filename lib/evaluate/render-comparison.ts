import { renderTable } from '../plain-table.ts';
import type { Comparison, Difference } from './compare.ts';
import { csrLevels } from './csr.ts';
import { showDifference, showDifferenceInterval, showInterval, showValue } from './figure-text.ts';
import type { FigureSpec } from './metric.ts';
import { inGroups } from './render.ts';

/** The figures that people compare routers by; JSON and CSV hold all of them. */
export const comparedFigures: readonly string[] = [
  ...['gapClosed', 'gapClosedAsChosen', 'area', 'boundedArqgc', 'aiq'],
  ...csrLevels.flatMap((level) => [`csr@${level}`, `csr@${level}.kept`]),
  ...['apgr', 'apgrOfLength', 'apgrOverLength', 'cpt50', 'cpt80'],
  ...['mae', 'brier', 'ece', 'top1', 'coverage', 'intervalWidth'],
];

/** A comparison for people: one block a figure, one line a router, with paired differences to the first router. */
export function renderComparison(comparison: Comparison): string {
  const { rows, models, routers, notes } = comparison;
  const [first] = routers;
  const head = ['', 'router', 'value', '95 %', `minus ${first?.name}`, '95 %', ''];
  const own = routers.flatMap(({ name, evaluation }) => evaluation.notes.map((note) => `- ${name}: ${note}`));
  const parts = [
    `${rows} prompts${inGroups(first?.evaluation)}, ${models.length} models, policy "${first?.evaluation.policy}"`,
    renderTable(head, comparisonRows(comparison), [2, 4]),
    `Controls: ${describeControls(comparison)}`,
    ['Notes', ...notes.map((note) => `- ${note}`), ...own].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function comparisonRows({ routers }: Comparison): string[][] {
  // A level that no router reached says nothing.
  const known = comparedFigures.filter((name) =>
    routers.some(({ evaluation }) => typeof evaluation.figures[name]?.value === 'number'),
  );
  return known.flatMap((name) =>
    routers.flatMap(({ name: router, evaluation, differences }, index) => {
      const figure = evaluation.figures[name];
      if (figure === undefined) return [];
      const { label, unit, value, interval } = figure;
      const difference = differences?.[name];
      return [
        [
          index === 0 ? label : '',
          ...[router, showValue(value, unit), showInterval(interval, unit)],
          difference === undefined ? '' : showDifference(difference.value, unit),
          showDifferenceInterval(difference?.interval ?? null, unit),
          difference === undefined ? '' : verdict(difference, figure),
        ],
      ];
    }),
  );
}

/** Whether a difference is clear of 0, which one in forty is on either side by chance. */
export function verdict({ interval }: Difference, { better }: FigureSpec): '' | 'better' | 'worse' {
  if (better === null || interval === null || (interval[0] <= 0 && interval[1] >= 0)) return '';
  return interval[0] > 0 === (better === 'higher') ? 'better' : 'worse';
}

function describeControls({ routers }: Comparison): string {
  const controls = routers[0]?.evaluation.controls;
  if (controls === undefined) return '';
  const { cheapest, best, zero, oracle } = controls;
  const quality = (value: number) => showValue(value, 'quality');
  return (
    `always ${cheapest.model} ${quality(cheapest.quality)}, always ${best.model} ${quality(best.quality)}; ` +
    `area of the zero router ${quality(zero.area)}, of the oracle ${quality(oracle.area)}`
  );
}

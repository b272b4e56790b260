import { renderTable } from '../plain-table.ts';
import type { Interval } from './bootstrap.ts';
import type { CsrLevel } from './csr.ts';
import type { Evaluation } from './evaluation.ts';
import type { Point } from './hull.ts';

/**
 * An evaluation for people: plain text without colour or borders, fit for files and pipes. Every saving stands in a table
 * with the controls it is to be read against.
 */
export function renderEvaluation(evaluation: Evaluation): string {
  const { rows, models, policy, notes, sources } = evaluation;
  const parts = [
    `${rows} prompts, ${models.length} models, policy "${policy}"`,
    renderOperatingPoints(evaluation),
    renderAreas(evaluation),
    renderPrediction(evaluation),
  ];
  if (sources.length > 1) parts.push(renderSources(evaluation));
  if (notes.length > 0) parts.push(['Notes', ...notes.map((note) => `- ${note}`)].join('\n'));
  return `${parts.join('\n\n')}\n`;
}

function renderOperatingPoints(evaluation: Evaluation): string {
  const { controls, csrChoices, intervals } = evaluation;
  const head = ['', 'quality', 'USD / 1000 prompts', 'cost saved', '95 %'];
  const table: string[][] = [];
  const add = (name: string, point: Point, ranged: Interval | null = null) =>
    table.push([name, fixed(point.quality), usd(point), saved(point, controls.best), range(ranged, percent)]);
  add(`always cheapest: ${controls.cheapest.model}`, controls.cheapest);
  add(`always best: ${controls.best.model}`, controls.best);
  add('random', controls.random);
  add('best per source (uses the source)', controls.bestPerSource);
  add('oracle', controls.oracle);
  for (const level of ['1', '0.99', '0.95'] as const) {
    const choice = csrChoices[level];
    const name = `router at ${level} of the best (${settingName(evaluation, level)})`;
    if (choice === null) table.push([name, 'not reached', '', '', '']);
    else add(name, choice, intervals?.csr[level] ?? null);
  }
  const { csrChosenOn } = evaluation;
  const where =
    csrChosenOn === 'validation'
      ? 'Router settings were chosen on validation rows.'
      : 'Router settings were chosen on these same rows, so their savings are too favourable.';
  return `${renderTable(head, table, [1, 2, 3])}\n${where}`;
}

function renderAreas(evaluation: Evaluation): string {
  const { controls, policies, costRange, intervals, policy } = evaluation;
  const head = ['', 'area', 'gap closed', '95 %'];
  const table: string[][] = [];
  table.push(['zero router (best static mix)', fixed(controls.zero.area), percent(0), '']);
  for (const kind of ['utility', 'tolerance'] as const) {
    const { area, gapClosed } = policies[kind];
    const ranged = kind === policy ? (intervals?.gapClosed ?? null) : null;
    table.push([`router, ${kind}`, fixed(area), percent(gapClosed), range(ranged, percent)]);
  }
  table.push(['oracle', fixed(controls.oracle.area), percent(1), '']);
  const from = usd({ costUsd: costRange.fromUsd });
  const to = usd({ costUsd: costRange.toUsd });
  return `${renderTable(head, table, [1, 2])}\nArea: mean quality over costs of ${from} to ${to} USD / 1000 prompts.`;
}

function renderPrediction({ prediction }: Evaluation): string {
  const { mae, brier, ece, eceBins, top1 } = prediction;
  return `Prediction: MAE ${fixed(mae)}, Brier ${fixed(brier)}, ECE ${fixed(ece)} (${eceBins} bins), top-1 ${percent(top1)}`;
}

function renderSources({ sources, operatingPoint }: Evaluation): string {
  const head = ['source', 'prompts', 'router', 'cheapest', 'best', 'best here', 'oracle'];
  const table: string[][] = [];
  for (const { source, rows, router, cheapest, best, bestHere, oracle } of sources) {
    const qualities = [router, cheapest, best, bestHere, oracle].map(({ quality }) => fixed(quality));
    table.push([source || '(none)', String(rows), ...qualities, usd(router), usd(best)]);
  }
  const shown = renderTable([...head, 'USD / 1000: router', 'best'], table, [1, 2, 3, 4, 5, 6, 7, 8]);
  return `By source, router at ${operatingPoint.policy} ${shownSetting(operatingPoint.setting)}\n${shown}`;
}

function settingName({ csrChoices, policy }: Evaluation, level: CsrLevel): string {
  const choice = csrChoices[level];
  return choice === null ? policy : `${policy} ${shownSetting(choice.setting)}`;
}

function shownSetting(setting: number | 'Infinity'): string {
  return setting === 'Infinity' ? setting : String(Number(setting.toPrecision(3)));
}

function fixed(value: number): string {
  return value.toFixed(4);
}

function percent(share: number | null): string {
  // Adding 0 turns -0 into 0.
  return share === null ? '-' : `${(Number((100 * share).toFixed(1)) + 0).toFixed(1)} %`;
}

function usd({ costUsd }: Pick<Point, 'costUsd'>): string {
  return String(Number((1000 * costUsd).toPrecision(4)));
}

function saved(point: Point, best: Point): string {
  return best.costUsd > 0 ? percent(1 - point.costUsd / best.costUsd) : '-';
}

function range(interval: Interval | null, show: (value: number) => string): string {
  return interval === null ? '' : `${show(interval[0])} .. ${show(interval[1])}`;
}

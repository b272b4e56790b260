import { renderTable } from '../plain-table.ts';
import { csrLevels } from './csr.ts';
import type { CsrChoices, Evaluation } from './evaluation.ts';
import { showFigure, showInterval, showValue } from './figure-text.ts';
import type { Point } from './hull.ts';
import type { Figure } from './metric.ts';
import type { StaticMix } from './static-mix.ts';

/**
 * An evaluation for people: plain text without colour or borders, fit for files and pipes. Every saving stands in a table
 * with the controls it is to be read against.
 */
export function renderEvaluation(evaluation: Evaluation): string {
  const { rows, models, policy, notes, sources } = evaluation;
  const parts = [
    `${rows} prompts${inGroups(evaluation)}, ${models.length} models, policy "${policy}"`,
    renderOperatingPoints(evaluation),
    renderAreas(evaluation),
    renderTwoModels(evaluation),
    renderPrediction(evaluation),
    sources.length > 1 ? renderSources(evaluation) : '',
    notes.length > 0 ? ['Notes', ...notes.map((note) => `- ${note}`)].join('\n') : '',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** " in 496 groups"; empty where every prompt is a group of its own. */
export function inGroups(evaluation: Pick<Evaluation, 'rows' | 'bootstrap'> | undefined): string {
  const groups = evaluation?.bootstrap?.groups;
  return groups === undefined || groups === evaluation?.rows ? '' : ` in ${groups} groups`;
}

function renderOperatingPoints(evaluation: Evaluation): string {
  const { controls, csrChoices, csrChoicesOnTest, csrChosenOn, figures } = evaluation;
  const head = ['', 'quality', 'USD / 1000', 'cost saved', '95 %', 'quality kept', '95 %'];
  const control = (key: string, name: string, { quality, costUsd }: Point) => [
    ...[name, showValue(quality, 'quality'), showValue(costUsd, 'usd')],
    ...shareCells(figures[`${key}.saved`]),
    ...shareCells(figures[`${key}.kept`]),
  ];
  const table = [
    control('cheapest', `always cheapest: ${controls.cheapest.model}`, controls.cheapest),
    control('best', `always best: ${controls.best.model}`, controls.best),
    control('random', 'random', controls.random),
    control('bestPerSource', 'best per source (uses the source)', controls.bestPerSource),
    control('oracle', 'oracle', controls.oracle),
    ...savingRows(evaluation, csrChoices, ''),
    ...(csrChosenOn === 'validation' ? savingRows(evaluation, csrChoicesOnTest, 'InHindsight') : []),
  ];
  const where =
    csrChosenOn === 'validation'
      ? 'Settings and mixes were chosen on validation rows; those "in hindsight" on these rows, so they are too favourable.'
      : 'Settings and mixes were chosen on these same rows, so their savings are too favourable.';
  return `${renderTable(head, table, [1, 2, 3, 5])}\n${where}`;
}

/** The router and the static mix at each level. */
function savingRows(
  { figures, policy, controls }: Evaluation,
  choices: CsrChoices,
  suffix: '' | 'InHindsight',
): string[][] {
  const when = suffix === '' ? '' : ', in hindsight';
  const mixes = suffix === '' ? (controls.staticMix ?? controls.zero).mixes : controls.zero.mixes;
  return csrLevels.flatMap((level) => {
    const choice = choices[level];
    const setting = choice === null ? '' : ` ${showSetting(choice.setting)}`;
    const saved = (name: string) => [
      ...shareCells(figures[`${name}@${level}`], 'not reached'),
      ...shareCells(figures[`${name}@${level}.kept`], 'not reached'),
    ];
    return [
      [
        `router at ${level}${when} (${policy}${setting})`,
        showValue(choice?.quality ?? null, 'quality'),
        showValue(choice?.costUsd ?? null, 'usd'),
        ...saved(`csr${suffix}`),
      ],
      [`static mix at ${level}${when} (${showMix(mixes[level])})`, '', '', ...saved(`mix${suffix}`)],
    ];
  });
}

/** A share and its interval. */
function shareCells(figure: Figure | undefined, missing = '-'): [string, string] {
  if (figure === undefined || figure.value === null) return [missing, ''];
  return [showValue(figure.value, 'share'), showInterval(figure.interval, 'share')];
}

function renderAreas({ figures, controls, policies, policy, costRange }: Evaluation): string {
  const head = ['', 'area', '95 %', 'gap closed', '95 %', 'as chosen', '95 %', 'bounded-ARQGC', 'AIQ'];
  const cell = (name: string): string[] => {
    const figure = figures[name];
    return [
      showValue(figure?.value ?? null, figure?.unit ?? 'quality'),
      showInterval(figure?.interval ?? null, figure?.unit ?? 'quality'),
    ];
  };
  const empty = ['', '', '', '', ''];
  const table = [
    ['zero router (best static mix)', ...cell('zero.area'), ...empty, cell('zero.aiq')[0] ?? ''],
  ];
  if (controls.staticMix !== null)
    table.push(['static mix chosen on validation', ...cell('mix.area'), ...empty, '']);
  for (const kind of ['utility', 'tolerance'] as const) {
    const of = (name: string) => cell(kind === policy ? name : `${kind}.${name}`);
    const { boundedArqgc, aiq } = policies[kind];
    table.push([
      `router, ${kind}`,
      ...[...of('area'), ...of('gapClosed'), ...of('gapClosedAsChosen')],
      ...[showValue(boundedArqgc, 'quality'), showValue(aiq, 'quality')],
    ]);
  }
  if (controls.sourcePrior !== null) {
    const cells = [...cell('sourcePrior.area'), ...cell('sourcePrior.gapClosed')];
    table.push(['per-source prior (uses the source)', ...cells, '', '', '', '']);
  }
  table.push(['oracle', ...cell('oracle.area'), ...empty, '']);
  const [from, to] = [showValue(costRange.fromUsd, 'usd'), showValue(costRange.toUsd, 'usd')];
  return (
    `${renderTable(head, table, [1, 3, 5, 7, 8])}\nArea: mean quality over costs of ${from} to ${to} USD / 1000 prompts.` +
    ' Gap closed: of that from zero router to oracle; "as chosen" holds settings and static mix to what validation rows chose.'
  );
}

function renderTwoModels({ figures }: Evaluation): string {
  const names = ['apgr', 'apgrOfLength', 'apgrOverLength', 'cpt50', 'cpt80'];
  const shown = names.flatMap((name) => figures[name] ?? []);
  if (shown.length === 0) return '';
  const lines = shown.map((figure) => [figure.label, showFigure(figure)]);
  return `Two models (RouteLLM; random: 0.5)\n${renderTable(['', ''], lines, []).trimStart()}`;
}

function renderPrediction({ figures, prediction }: Evaluation): string {
  const lines = ['mae', 'brier', 'ece', 'top1', 'coverage', 'intervalWidth'].flatMap((name) => {
    const figure = figures[name];
    if (figure === undefined) return [];
    const bins = name === 'ece' ? `, ${prediction.eceBins} bins` : '';
    return [[`${figure.label}${bins}`, showFigure(figure)]];
  });
  return `Prediction\n${renderTable(['', ''], lines, []).trimStart()}`;
}

function renderSources({ sources, operatingPoint }: Evaluation): string {
  const head = ['source', 'prompts', 'router', 'cheapest', 'best', 'best here', 'oracle'];
  const table: string[][] = [];
  for (const { source, rows, router, cheapest, best, bestHere, oracle } of sources) {
    const qualities = [router, cheapest, best, bestHere, oracle].map(({ quality }) =>
      showValue(quality, 'quality'),
    );
    const costs = [router, best].map(({ costUsd }) => showValue(costUsd, 'usd'));
    table.push([source || '(none)', String(rows), ...qualities, ...costs]);
  }
  const shown = renderTable([...head, 'USD / 1000: router', 'best'], table, [1, 2, 3, 4, 5, 6, 7, 8]);
  return `By source, router at ${operatingPoint.policy} ${showSetting(operatingPoint.setting)}\n${shown}`;
}

function showMix({ cheaper, dearer, dearerShare }: StaticMix): string {
  if (dearerShare >= 1 || cheaper === dearer) return dearer;
  return `${showValue(dearerShare, 'share')} ${dearer}, else ${cheaper}`;
}

function showSetting(setting: number | 'Infinity'): string {
  return setting === 'Infinity' ? setting : String(Number(setting.toPrecision(3)));
}

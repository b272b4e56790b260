import type { PoolMap } from '../estimator/identity-map.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import {
  showDifference,
  showDifferenceInterval,
  showFigure,
  showInterval,
  showValue,
} from '../evaluate/figure-text.ts';
import { curveChart } from './curve-chart.ts';
import { type CurveScales, curveScales } from './curve-scales.ts';
import { element, embedJson, escapeText } from './markup.ts';
import { poolMapChart } from './pool-map-chart.ts';
import { reliabilityChart } from './reliability-chart.ts';
import { colourClass, type Report, type ReportRouter } from './report.ts';
import { script } from './script.ts';
import { shareBars, sliderControls, sliderData } from './slider.ts';
import { style } from './style.ts';
import { figureTable, leftOutTable, modelTable, sourceTable } from './tables.ts';
import { taskTable } from './task-table.ts';

/** The browser is told to load nothing, so a mistake here cannot make it call home. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** A whole HTML page in one string: charts in SVG, tables, a slider over the settings; loads nothing. */
export function renderPage(report: Report): string {
  const scales = curveScales(report);
  const sections = [
    header(report),
    section('Quality over cost', curves(report, scales)),
    section('Models that answer, at the slider’s setting', shareBars(report)),
    section('Figures', figures(report)),
    section('Calibration', calibration(report)),
    section('By source', sources(report)),
    ...report.routers.map((router) => leftOutSection(router.name, leftOutTable(router))),
    ...report.routers.map(({ name, poolMap }) => mapSection(report, name, poolMap)),
    ...report.routers.map((router) => tasksSection(report, router)),
    section('Notes', notes(report)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeText(report.title)}</title>
<style>${style}</style>
</head>
<body>
${sections.filter((part) => part !== '').join('\n')}
<script type="application/json" id="slider-data">${embedJson(sliderData(report, scales))}</script>
<script>${script}</script>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${title}</h2>\n${content}\n</section>`;
}

function header({ title, routers, madeBy }: Report): string {
  const [first] = routers;
  if (first === undefined) return '';
  const { rows, models, policy: headline, bootstrap } = first.evaluation;
  const groups = bootstrap === null ? '' : `, ${bootstrap.groups} groups`;
  const intervals =
    bootstrap === null
      ? 'no intervals'
      : `95 % intervals from ${bootstrap.resamples} resamples of groups of prompts`;
  const facts = `${rows} prompts${groups}; ${models.length} models; headline policy: ${nameOf(headline)}; ${intervals}. ${madeBy}.`;
  const cards = routers.flatMap(({ name, evaluation, differences }, index) => {
    const { gapClosed, 'csr@0.95': saved, 'csr@0.95.kept': kept } = evaluation.figures;
    const swatch = element('span', { class: `swatch ${colourClass(index)}`, style: 'display:inline-block' });
    const label = routers.length > 1 ? `${swatch}${escapeText(name)}: ` : '';
    const against = differences?.gapClosed;
    const less =
      against === undefined
        ? ''
        : `; ${showDifference(against.value, 'share')} to ${escapeText(first.name)} (${showDifferenceInterval(against.interval, 'share')})`;
    const whole = showInterval(gapClosed?.interval ?? null, 'share');
    return [
      card(
        showValue(gapClosed?.value ?? null, 'share'),
        `${label}gap closed from the best static mix to the oracle, ${whole}${less}`,
      ),
      ...(saved === undefined || saved.value === null || routers.length > 1
        ? []
        : [
            card(
              showValue(saved.value, 'share'),
              `cost saved at 0.95 of the best model’s quality; ${showFigure(kept)} of it kept`,
            ),
          ]),
    ];
  });
  return `<header><h1>${escapeText(title)}</h1><p class="quiet">${escapeText(facts)}</p><div class="cards">${cards.join('')}</div></header>`;
}

function card(value: string, text: string): string {
  return `<div class="card"><b>${value}</b><span>${text}</span></div>`;
}

function nameOf(kind: string): string {
  return kind === 'utility' ? 'cost weight (utility)' : kind;
}

function curves(report: Report, scales: CurveScales): string {
  const [first] = report.routers;
  if (first === undefined) return '';
  const { policy: headline } = first.evaluation;
  const other = headline === 'utility' ? 'tolerance' : 'utility';
  const sample = (classes: string) =>
    `<svg viewBox="0 0 26 10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" class="line ${classes}"/></svg>`;
  const routers = report.routers.flatMap(({ name }, index) => [
    `<span>${sample(`headline ${colourClass(index)}`)}${escapeText(name)}, ${nameOf(headline)}</span>`,
    `<span>${sample(`other ${colourClass(index)}`)}${escapeText(name)}, ${nameOf(other)}</span>`,
  ]);
  const rest = [
    `<span>${sample('zero')}zero router: the best static mix, in hindsight</span>`,
    '<span>shaded: 95 % of the headline policy’s hull</span>',
    '<span>rings: settings chosen to keep 1, 0.99 and 0.95 of the best model’s quality, with 95 % of what they keep</span>',
    `<span>grey: models and controls (point at one for its name)${tooDear(first.evaluation, scales)}</span>`,
  ];
  return `<div class="legend">${[...routers, ...rest].join('\n')}</div>\n<div class="wide">${curveChart(report, scales)}</div>\n${sliderControls(report)}`;
}

function tooDear({ controls }: Evaluation, { cost }: CurveScales): string {
  const hidden = controls.single.filter(({ costUsd }) => costUsd > cost.to).map(({ model }) => model);
  return hidden.length === 0 ? '' : escapeText(`; too dear to be shown: ${hidden.join(', ')}`);
}

function figures(report: Report): string {
  const others = figureTable(report, 'others');
  return `${figureTable(report, 'main')}\n<details><summary>All other figures</summary>${others}</details>`;
}

function calibration({ routers }: Report): string {
  const pooled = routers.map(({ name, evaluation }, index) => {
    const { ece, eceBins } = evaluation.prediction;
    const title = `${name}, all models: ECE ${showValue(ece, 'error')} in ${eceBins} bins`;
    return reliabilityChart(title, evaluation.reliability.pooled, colourClass(index), 'large');
  });
  const single = routers.map((router, index) => {
    const { name, evaluation } = router;
    const plots = Object.entries(evaluation.reliability.models).map(([model, bins]) =>
      reliabilityChart(model, bins, colourClass(index), 'small'),
    );
    return `<details><summary>${escapeText(name)}, model by model</summary><div class="small">${plots.join('')}</div>${modelTable(router)}</details>`;
  });
  const text =
    '<p class="quiet">Measured over predicted quality. Dots on the diagonal mean what they say; their areas follow the number of answers.</p>';
  return `${text}<div class="plots">${pooled.join('')}</div>${single.join('')}`;
}

function sources(report: Report): string {
  const [first] = report.routers;
  if (first === undefined || first.evaluation.sources.length < 2) return '';
  const text =
    'Mean quality, each router at the setting that keeps the best model’s quality, else its best. “Best here” is the source’s own best model, which no router is told.';
  return `<p class="quiet">${text}</p>${sourceTable(report)}`;
}

function mapSection({ routers }: Report, name: string, poolMap: PoolMap | null): string {
  const of = routers.length > 1 ? ` of ${escapeText(name)}` : '';
  return poolMap === null ? '' : section(`Models${of} by how alike they do`, poolMapChart(poolMap));
}

function tasksSection({ routers }: Report, { name, tasks }: ReportRouter): string {
  if (tasks === null) return '';
  const of = routers.length > 1 ? ` of ${escapeText(name)}` : '';
  const text =
    'Kinds of prompt that were found among the training prompts. Qualities are mean scores there, drawn to the mean over all; candidates have a part of the network of their own for the task.';
  return section(`Tasks${of}`, `<p class="quiet">${text}</p>${taskTable(tasks)}`);
}

function leftOutSection(name: string, table: string): string {
  if (table === '') return '';
  const text =
    'For each source a router like this one was trained on the other sources only. Gap closed and area stand against the best static mix of the very source, in hindsight.';
  return section(`${escapeText(name)} on sources it has not seen`, `<p class="quiet">${text}</p>${table}`);
}

function notes({ routers, notes: common }: Report): string {
  const own = routers.flatMap(({ name, evaluation }) =>
    evaluation.notes.map((note) => (routers.length > 1 ? `${name}: ${note}` : note)),
  );
  const { csrChosenOn } = routers[0]?.evaluation ?? {};
  const chosen =
    csrChosenOn === 'validation'
      ? 'settings and static mixes “as chosen” come from validation rows; those “in hindsight” from these rows, so they are too favourable'
      : 'settings and static mixes were chosen on these same rows, so savings are too favourable';
  return `<ul>${[...common, ...own, chosen].map((note) => `<li>${escapeText(note)}</li>`).join('')}</ul>`;
}

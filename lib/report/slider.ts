import type { Evaluation } from '../evaluate/evaluation.ts';
import { showValue } from '../evaluate/figure-text.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import type { CurveScales } from './curve-scales.ts';
import { element, escapeText } from './markup.ts';
import { colourClass, type Report } from './report.ts';

/** Positions of the slider. Tolerances have as many settings; cost weights of each router are spread over them. */
const kPositions = 101;

/** Where the slider begins: the tolerance most callers ask for. */
const kStart = 10;

/** One position of the slider for one router, ready to be shown: the script only moves and fills in. */
interface SliderPoint {
  readonly x: number;
  readonly y: number;
  /** Setting, quality, cost, cost saved and quality kept, as the table shows them. */
  readonly cells: readonly string[];
  /** Per cent of the prompts that each model answers. */
  readonly shares: readonly number[];
}

export type SliderData = Readonly<Record<SweptPolicyKind, readonly (readonly SliderPoint[])[]>>;

/** [policy][router][position]. */
export function sliderData({ routers }: Report, scales: CurveScales): SliderData {
  const of = (policy: SweptPolicyKind) =>
    routers.map(({ evaluation }) => pointsOf(evaluation, policy, scales));
  return { tolerance: of('tolerance'), utility: of('utility') };
}

function pointsOf(
  { curve, controls }: Evaluation,
  policy: SweptPolicyKind,
  scales: CurveScales,
): SliderPoint[] {
  const settings = curve.filter((point) => point.policy === policy);
  const { best } = controls;
  return Array.from({ length: kPositions }, (_, position) => {
    const point = settings[Math.round((position / (kPositions - 1)) * (settings.length - 1))];
    if (point === undefined) return { x: 0, y: 0, cells: [], shares: [] };
    const { setting, quality, costUsd, shares } = point;
    const shownSetting = setting === 'Infinity' ? 'infinite' : String(Number(setting.toPrecision(3)));
    return {
      x: round(scales.cost.at(costUsd)),
      y: round(scales.quality.at(quality)),
      cells: [
        shownSetting,
        showValue(quality, 'quality'),
        showValue(costUsd, 'usd'),
        showValue(best.costUsd > 0 ? 1 - costUsd / best.costUsd : null, 'share'),
        showValue(best.quality > 0 ? quality / best.quality : null, 'share'),
      ],
      shares: shares.map((share) => round(100 * share)),
    };
  });
}

function round(value: number): number {
  return Number(value.toFixed(1)) + 0;
}

/** The slider, what it says of every router, and the share of the prompts that each model answers there. */
export function sliderControls({ routers }: Report): string {
  const head = ['', 'setting', 'quality', 'USD / 1000', 'cost saved', 'quality kept']
    .map((text) => element('th', { scope: 'col', class: 'number' }, text))
    .join('');
  const rows = routers.map(({ name }, router) => {
    const cells = Array.from({ length: 5 }, (_, column) =>
      element('td', { class: 'number', 'data-router': router.toFixed(0), 'data-cell': column.toFixed(0) }),
    );
    const swatch = element('span', { class: `swatch ${colourClass(router)}` });
    return `<tr><th scope="row">${swatch} ${escapeText(name)}</th>${cells.join('')}</tr>`;
  });
  return `<div class="slider">
<label>Policy <select id="policy"><option value="tolerance">tolerance</option><option value="utility">cost weight</option></select></label>
<label class="grow"><span id="setting-name">Tolerance</span> <input id="setting" type="range" min="0" max="${kPositions - 1}" value="${kStart}" step="1"></label>
<output id="setting-value" for="setting"></output>
</div>
<div class="wide"><table id="point"><thead><tr>${head}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

/** Bars that the slider moves: models by falling cost, one column a router. */
export function shareBars({ routers }: Report): string {
  const [first] = routers;
  if (first === undefined) return '';
  const { models, controls } = first.evaluation;
  const order = controls.single.toSorted((a, b) => b.costUsd - a.costUsd).map(({ model }) => model);
  const head = ['model, the dearest first', ...routers.map(({ name }) => name)]
    .map((text) => element('th', { scope: 'col' }, escapeText(text)))
    .join('');
  const rows = order.map((model) => {
    const column = models.indexOf(model).toFixed(0);
    const bars = routers.map((_, router) => {
      const at = { 'data-share-router': router.toFixed(0), 'data-share-model': column };
      return `<td>${element('div', { class: 'bar', ...at }, `<i class="${colourClass(router)}"></i><span></span>`)}</td>`;
    });
    return `<tr><th scope="row">${escapeText(model)}</th>${bars.join('')}</tr>`;
  });
  return `<div class="wide"><table class="shares"><thead><tr>${head}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

import { showValue } from '../evaluate/figure-text.ts';
import { type Cell, htmlTable } from './markup.ts';
import type { ReportTask } from './report.ts';

/** Models that are named of each task. */
const named = 3;

/** One line a task: how large it is, what its prompts are about, who is good at it and at what cost. */
export function taskTable(tasks: readonly ReportTask[]): string {
  const number = 'number';
  const head: Cell[] = [
    { text: 'words' },
    { text: 'training prompts', classes: number },
    { text: 'candidates', classes: number },
    { text: 'best models' },
    { text: 'quality of the best', classes: number },
    { text: 'USD / 1000, the best', classes: number },
  ];
  const rows = tasks.map(({ rows, keywords, models }): Cell[] => {
    const [best] = models;
    const cost = best?.costUsd ?? null;
    return [
      { text: keywords.length === 0 ? '(none in common)' : keywords.join(', ') },
      { text: String(rows), classes: number },
      { text: String(models.filter(({ isCandidate }) => isCandidate).length), classes: number },
      {
        text: models
          .slice(0, named)
          .map(({ model }) => model)
          .join(', '),
      },
      { text: best === undefined ? '' : showValue(best.quality, 'quality'), classes: number },
      { text: cost === null ? '' : showValue(cost, 'usd'), classes: number },
    ];
  });
  return htmlTable(head, rows);
}

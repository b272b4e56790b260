import { writeFileAtomically } from '../artifact/atomic-file.ts';
import type { Report } from '../report/report.ts';
import { packageVersion } from '../version.ts';
import type { EvaluationFlags } from './evaluation-options.ts';

/** Writes the files asked for beside the printed result: after it, so that a full disk does not take the result along. */
export async function writeReports(
  { csv, html }: Pick<EvaluationFlags, 'csv' | 'html'>,
  csvText: () => string,
  report: () => Omit<Report, 'madeBy'>,
): Promise<void> {
  if (csv !== undefined) await writeFileAtomically(csv, csvText());
  if (html === undefined) return;
  const { renderPage } = await import('../report/page.ts');
  const madeBy = `pointsman ${packageVersion()}, ${new Date().toISOString().slice(0, 10)}`;
  await writeFileAtomically(html, renderPage({ ...report(), madeBy }));
}

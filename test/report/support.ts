import { compare } from '../../lib/evaluate/compare.ts';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { evaluateLeftOut, type LeftOutInput } from '../../lib/evaluate/left-out.ts';
import type { Report } from '../../lib/report/report.ts';
import { madeInput } from '../evaluate/support.ts';
import { Random } from '../support/random.ts';

/** A name that would break a page which did not escape it. */
export const evilName = '</script><b onload="x">&\'';

const input = madeInput({ rows: 200 });
const madeBy = 'pointsman 0.0.0, 2026-01-01';

function noisier(): EvaluationInput {
  const random = new Random(8);
  const predictedQuality = Float64Array.from(input.predictedQuality, (q) => 0.7 * q + 0.3 * random.next());
  return { ...input, predictedQuality };
}

async function* leftOut(): AsyncGenerator<LeftOutInput> {
  yield { source: 'maths', input, validation: madeInput({ seed: 3, rows: 60 }), trainingRows: 100 };
}

/** One router, with its sources left out. */
export async function reportOfOne(name = 'made'): Promise<Report> {
  const evaluation = evaluate(input, {
    validation: madeInput({ seed: 2 }),
    resamples: 50,
    notes: ['a note'],
  });
  const router = {
    ...{ name, evaluation, differences: null },
    leftOut: await evaluateLeftOut('ridge', leftOut(), { resamples: 20 }),
    poolMap: {
      points: ['a<b', 'near', 'far'].map((model, i) => ({ model, x: i * i, y: -i, uncertainty: 0.1 + i })),
      shown: 0.83,
    },
    tasks: [
      {
        rows: 321,
        keywords: ['prove', 'integer<'],
        models: [
          { model: 'a<b', quality: 0.875, isCandidate: true, costUsd: 0.00123 },
          { model: 'near', quality: 0.5, isCandidate: false, costUsd: null },
        ],
      },
      { rows: 20, keywords: [], models: [{ model: 'far', quality: 0.25, isCandidate: true, costUsd: null }] },
    ],
  };
  return { title: `${name} on made rows`, madeBy, routers: [router], notes: [] };
}

/** Two routers, one of which is noisier; the first is named as given. */
export function reportOfTwo(name = 'made'): Report {
  const { routers, notes } = compare(
    [
      { name, input },
      { name: 'noisier', input: noisier() },
    ],
    { resamples: 50 },
  );
  return {
    title: 'two',
    madeBy,
    routers: routers.map((router) => ({ ...router, leftOut: null, poolMap: null, tasks: null })),
    notes,
  };
}

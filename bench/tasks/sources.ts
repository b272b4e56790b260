import { sourcesOf, splitBySource } from '../../lib/data/split-by-source.ts';
import { constantFactory } from '../../lib/estimator/constant.ts';
import { crossFit } from '../../lib/estimator/cross-fit.ts';
import { iprFactory } from '../../lib/estimator/ipr.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { taskMoeFactory } from '../../lib/estimator/task-moe.ts';
import { crossFolds } from '../../lib/train/learning-rows.ts';
import { type Ground, type Judgement, judgeOf, scaleRows } from './ground.ts';

/** One source, predicted by estimators of all other sources. */
export interface LeftOut {
  readonly part: 'sources';
  readonly set: string;
  readonly source: string;
  readonly rows: number;
  readonly contenders: Readonly<Record<string, Pick<Judgement, 'routingError' | 'areaOverZero'>>>;
}

/** Every source left out in turn; settings are chosen on a quarter of the others' rows. */
export async function measureSources(ground: Ground, set: string): Promise<LeftOut[]> {
  const { table } = ground;
  const results: LeftOut[] = [];
  for (const source of sourcesOf(table)) {
    process.stderr.write(`tasks: ${set} without ${source}\n`);
    const split = splitBySource(table, source);
    const { training, test } = scaleRows(ground, split.train, split.test);
    const learning = crossFolds(table, split.train, { folds: 4, heldFolds: 1 }, 0);
    const judge = await judgeOf(ground, learning, split.test);
    const contenders: Record<string, LeftOut['contenders'][string]> = {};
    for (const factory of [iprFactory, taskMoeFactory, constantFactory]) {
      const { estimator } = await crossFit(factory, training, learning.folds, { seed: 0 });
      const { routingError, areaOverZero } = judge(
        predictAll(estimator, test.embeddings, test.rows),
        null,
        0,
      );
      contenders[factory.kind] = { routingError, areaOverZero };
    }
    results.push({ part: 'sources', set, source, rows: test.rows, contenders });
  }
  return results;
}

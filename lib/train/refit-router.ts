import { type RouterArtifact, readArtifact, readQuizBank, writeArtifact } from '../artifact/artifact.ts';
import type { RouterManifest } from '../artifact/schema.ts';
import type { CalibrationSet } from '../calibration/calibration-set.ts';
import { costValues } from '../cost/cost-head.ts';
import { PointsmanError } from '../errors.ts';
import { predictAll } from '../estimator/predict.ts';
import { FeedbackStore } from '../feedback/store.ts';
import { carryCalibration, movedColumns } from '../refit/carry-calibration.ts';
import { type FeedbackRows, feedbackRows, type SkippedFeedback, sliceRows } from '../refit/feedback-rows.ts';
import { learningRowsOf } from '../refit/hold-out.ts';
import { judgeRefit, type RefitJudgement } from '../refit/judge-refit.ts';
import { type ModelRefit, type RefitEstimator, refitEstimator } from '../refit/refit-estimator.ts';
import { packageVersion } from '../version.ts';
import type { JobProgress } from './embed-table.ts';

export interface RefitRouterOptions {
  /** Folder of the router that the feedback corrects; it is not changed unless `out` is the same. */
  readonly router: string;
  /** Folder of the feedback store, which a service may go on writing meanwhile. */
  readonly feedback: string;
  /** Folder to write the refitted router to where it is kept; an older router there is replaced. */
  readonly out: string;
  /** Recorded in router.json. */
  readonly command?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

/** router.json tells of the last refits. */
const listedRefits = 20;

export interface RefittedRouter {
  /** Whether the refit is better on held-out feedback and was written. */
  readonly kept: boolean;
  /** null where it was not kept. */
  readonly manifest: RouterManifest | null;
  readonly judgement: RefitJudgement;
  /** In the order of the router's models. */
  readonly models: readonly ModelRefit[];
  /** Scored decisions learnt from; those that judge are counted in `judgement`. */
  readonly learnt: number;
  readonly skipped: SkippedFeedback;
  /** Models whose scores from before contradict feedback and no longer count as evidence for intervals and guards. */
  readonly stale: readonly string[];
  readonly seconds: number;
}

/** Of more scored decisions the last: what is older hardly counts, and all are held in memory. */
const mostFeedback = 20_000;

/**
 * Corrects a router's predictions by what `Router.feedback` was told, weighed by the recorded probabilities. The first part of the
 * feedback is learnt from, the last is held out: the refitted router is written only where it is better there, see
 * `judgeRefit`; else nothing is.
 * Rejects with ERR_INVALID_DATA for too little feedback, ERR_FILE_NOT_FOUND, ERR_PEER_MISSING, ERR_CORRUPT_FILE, ERR_UNSUPPORTED,
 * ERR_ABORTED or ERR_IO.
 */
export async function refitRouter(options: RefitRouterOptions): Promise<RefittedRouter> {
  const start = performance.now();
  const artifact = await readArtifact(options.router);
  const { feedback, skipped } = await readFeedback(options, artifact.manifest);
  const learnt = learningRowsOf(feedback.rows, describeSkipped(skipped));
  checkWidth(feedback, artifact);
  const refit = await refitEstimator(artifact.estimator, sliceRows(feedback, 0, learnt), {
    signal: options.signal,
    onProgress: (done, total) => options.onProgress?.({ stage: 'refitting models', done, total }),
  });
  const heldOut = sliceRows(feedback, learnt, feedback.rows);
  const before = predictAll(artifact.estimator, feedback.features, feedback.rows);
  const after = predictAll(refit.estimator, feedback.features, feedback.rows);
  const ofHeldOut = (predicted: Float32Array) => predicted.subarray(learnt * feedback.models.length);
  const judgement = judgeRefit(heldOut, ofHeldOut(before), ofHeldOut(after));
  const kept = judgement.verdict === 'kept';
  const written = kept
    ? await write(options, artifact, { refit, judgement, feedback, learnt, before, after })
    : { manifest: null, stale: [] };
  const seconds = (performance.now() - start) / 1000;
  return { kept, ...written, judgement, models: refit.models, learnt, skipped, seconds };
}

async function readFeedback(
  { feedback: path, signal, onProgress }: RefitRouterOptions,
  manifest: RouterManifest,
): Promise<ReturnType<typeof feedbackRows>> {
  await using store = await FeedbackStore.open(path, { readOnly: true });
  const records = [];
  const total = Math.min(mostFeedback, store.counts.scored);
  for (const record of store.scored({ newest: mostFeedback })) {
    if (signal?.aborted)
      throw new PointsmanError('ERR_ABORTED', 'refitting was aborted', { cause: signal.reason });
    records.push(record);
    if (records.length % 1000 === 0) onProgress?.({ stage: 'reading feedback', done: records.length, total });
  }
  return feedbackRows(records, store.routers(), manifest);
}

function describeSkipped({ otherEncoder, otherModel }: SkippedFeedback): string {
  const skipped = [
    ...(otherEncoder > 0
      ? [`${otherEncoder} more are of routers with another encoder or other features`]
      : []),
    ...(otherModel > 0 ? [`${otherModel} more are of models that it does not have`] : []),
  ];
  return skipped.map((one) => `; ${one}`).join('');
}

function checkWidth({ features, rows }: FeedbackRows, { estimator }: RouterArtifact): void {
  if (features.length === rows * estimator.dimension) return;
  throw new PointsmanError(
    'ERR_CORRUPT_FILE',
    `the feedback store holds ${features.length / rows} features a prompt, the router takes ${estimator.dimension}`,
  );
}

interface Kept {
  readonly refit: RefitEstimator;
  readonly judgement: RefitJudgement;
  /** All of it: what was learnt from, and then the held-out part. */
  readonly feedback: FeedbackRows;
  readonly learnt: number;
  /** [rows, models] by the old router and by the new one. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

async function write(
  options: RefitRouterOptions,
  artifact: RouterArtifact,
  kept: Kept,
): Promise<{ readonly manifest: RouterManifest; readonly stale: readonly string[] }> {
  const { manifest, costHead } = artifact;
  const carried = carryEvidence(artifact, kept);
  const stale = carried?.stale ?? [];
  const written = await writeArtifact(
    options.out,
    describe(manifest, options, kept, { calibration: carried?.calibration ?? null, stale }),
    kept.refit.estimator,
    {
      costHead,
      calibration: carried?.calibration ?? null,
      policy: artifact.policy,
      quizBank: await readQuizBank(options.router, manifest),
    },
  );
  return { manifest: written, stale };
}

/** Feedback that an earlier refit added to the calibration set is there already. */
function carryEvidence(artifact: RouterArtifact, { feedback, learnt, before, after }: Kept) {
  const { calibration, costHead, manifest } = artifact;
  if (calibration === null) return null;
  const until = Date.parse(manifest.refits?.at(-1)?.feedback.until ?? '1970-01-01T00:00:00.000Z');
  const fresh = feedback.decidedAt.findIndex((at, row) => row >= learnt && at > until);
  const from = fresh < 0 ? feedback.rows : fresh;
  const added = sliceRows(feedback, from, feedback.rows);
  return carryCalibration(
    calibration,
    { before, after },
    {
      feedback: added,
      predicted: after.subarray(from * feedback.models.length),
      costValues: costHead === null ? null : costValues(costHead, added.features, added.rows),
    },
  );
}

function describe(
  manifest: RouterManifest,
  options: RefitRouterOptions,
  { refit, judgement, feedback, learnt, before, after }: Kept,
  { calibration, stale }: { readonly calibration: CalibrationSet | null; readonly stale: readonly string[] },
): Parameters<typeof writeArtifact>[1] {
  const {
    format: _,
    formatVersion: __,
    createdBy: ___,
    estimator: ____,
    tensors,
    quizBank: _____,
    ...rest
  } = manifest;
  const { logLoss, brier, value } = judgement;
  const moved = movedColumns({ before, after }, feedback.models.length);
  const quality = meansOf(calibration?.predicted ?? after, feedback.models.length);
  const at = new Date().toISOString();
  return {
    ...rest,
    packageVersion: packageVersion(),
    createdAt: at,
    command: options.command ?? null,
    defaults: { ...manifest.defaults, ...rankAgain(manifest, moved, quality) },
    refits: [
      ...(manifest.refits ?? []).slice(1 - listedRefits),
      {
        at,
        router: tensors.sha256,
        feedback: {
          learnt,
          heldOut: feedback.rows - learnt,
          until: new Date(feedback.decidedAt.at(-1) ?? 0).toISOString(),
        },
        logLoss: copyOf(logLoss),
        brier: copyOf(brier),
        value: copyOf(value),
        models: refit.models.map(({ model, feedback: answers, effective, setting }) => ({
          model,
          feedback: answers,
          effective,
          keep: setting?.keep ?? null,
        })),
        stale: [...stale],
      },
    ],
  };
}

function copyOf({ mean, interval: [low, high] }: RefitJudgement['logLoss']) {
  return { mean, interval: [low, high] as [number, number] };
}

/** [models] of a matrix [rows, models]. */
function meansOf(matrix: Float32Array, columns: number): readonly number[] {
  const sums = new Array<number>(columns).fill(0);
  for (const [cell, value] of matrix.entries()) sums[cell % columns] = (sums[cell % columns] ?? 0) + value;
  return sums.map((sum) => (sum * columns) / Math.max(1, matrix.length));
}

/** Models whose predictions moved are put before the first that is predicted to be worse; the others keep their order. */
function rankAgain(
  { models, defaults: { fallbackModels } }: RouterManifest,
  moved: readonly number[],
  quality: readonly number[],
): { fallbackModels?: string[] } {
  if (fallbackModels === undefined) return {};
  const ids = models.map(({ id }) => id);
  const qualityOf = (id: string) => quality[ids.indexOf(id)] ?? 0;
  const hasMoved = (id: string) => moved.includes(ids.indexOf(id));
  let ranked = fallbackModels.filter((id) => !hasMoved(id));
  for (const id of fallbackModels.filter(hasMoved)) {
    const worse = ranked.findIndex((other) => qualityOf(other) < qualityOf(id));
    ranked = ranked.toSpliced(worse < 0 ? ranked.length : worse, 0, id);
  }
  return { fallbackModels: ranked };
}

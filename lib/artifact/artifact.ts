import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type CalibrationSet, calibrationTensors, splitCalibration } from '../calibration/calibration-set.ts';
import { type CostHead, costHeadTensors, costTensorNames, readCostHead } from '../cost/cost-head.ts';
import { PointsmanError } from '../errors.ts';
import type { EstimatorState, QualityEstimator } from '../estimator/estimator.ts';
import { estimatorFromState } from '../estimator/registry.ts';
import { policyTensors, type StoredPolicy, splitPolicyTensors } from '../policy-network/stored-policy.ts';
import { trainedWidth } from './as-trained.ts';
import { writeFolderAtomically } from './atomic-folder.ts';
import { parseJson } from './parse-json.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import { describeIssues, formatVersion, type RouterManifest, routerSchema } from './schema.ts';

const manifestName = 'router.json';
const tensorsName = 'router.safetensors';
export const quizBankName = 'quiz-bank.jsonl';

/** A router as it lies on disk. */
export interface RouterArtifact {
  readonly manifest: RouterManifest;
  readonly estimator: QualityEstimator;
  /** null in routers that predict no answer's length or cost. */
  readonly costHead: CostHead | null;
  /** null where a version before there were calibration sets wrote it. */
  readonly calibration: CalibrationSet | null;
  /** null where none was trained. */
  readonly policy: StoredPolicy | null;
}

/** What an artifact may hold beside its estimator. */
export interface ArtifactParts {
  readonly costHead?: CostHead | null;
  readonly calibration?: CalibrationSet | null;
  /** `policyNetwork` of the manifest describes it. */
  readonly policy?: StoredPolicy | null;
  /** Prompts for quizzes, JSON Lines. */
  readonly quizBank?: string | null;
}

/** What the caller of `writeArtifact` knows; the rest of the manifest follows from the estimator. */
export type ManifestInput = Omit<
  RouterManifest,
  'format' | 'formatVersion' | 'createdBy' | 'estimator' | 'tensors' | 'quizBank'
> & { readonly packageVersion: string };

/** Writes router.json and router.safetensors; an older router in the same folder is replaced whole. */
export async function writeArtifact(
  folder: string,
  input: ManifestInput,
  estimator: QualityEstimator,
  parts: ArtifactParts = {},
): Promise<RouterManifest> {
  const state = estimator.state();
  const { costHead = null, calibration = null, policy = null, quizBank = null } = parts;
  if ((policy === null) !== (input.policyNetwork === undefined)) {
    throw new PointsmanError(
      'ERR_INTERNAL',
      'a policy network was described but not given, or the other way round',
    );
  }
  const tensors = encodeSafetensors({
    ...state.tensors,
    ...(costHead === null ? {} : costHeadTensors(costHead)),
    ...(calibration === null ? {} : calibrationTensors(calibration)),
    ...(policy === null ? {} : policyTensors(policy)),
  });
  const { packageVersion, ...rest } = input;
  const manifest: RouterManifest = {
    format: 'pointsman-router',
    formatVersion,
    createdBy: `pointsman ${packageVersion}`,
    ...rest,
    estimator: { kind: state.kind, config: { ...state.config } },
    tensors: { file: tensorsName, sha256: sha256(tensors) },
    ...(quizBank === null
      ? {}
      : { quizBank: { file: quizBankName, sha256: sha256(Buffer.from(quizBank, 'utf8')) } }),
  };
  const files = {
    [manifestName]: `${JSON.stringify(manifest, null, 2)}\n`,
    [tensorsName]: tensors,
    ...(quizBank === null ? {} : { [quizBankName]: quizBank }),
  };
  const mayReplace = (existing: string) => isFile(join(existing, manifestName));
  await writeFolderAtomically(folder, files, { kind: 'a router', mayReplace });
  return manifest;
}

/**
 * Reads and checks a router. ERR_FILE_NOT_FOUND where there is none; ERR_CORRUPT_FILE where a file is damaged,
 * truncated, or belongs to another router; ERR_UNSUPPORTED where a newer version wrote it.
 */
export async function readArtifact(folder: string): Promise<RouterArtifact> {
  const manifest = await readManifest(folder);
  const path = join(folder, tensorsName);
  const bytes = await readRouterFile(path);
  const actual = sha256(bytes);
  if (actual !== manifest.tensors.sha256) {
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `${path} is damaged or belongs to another router: router.json expects sha256 ${manifest.tensors.sha256}, the file has ${actual}`,
    );
  }
  const models = manifest.models.map((model) => model.id);
  const dimension = trainedWidth(manifest);
  const { policy, others } = splitPolicyTensors(decodeSafetensors(bytes, path));
  const { estimator: tensors, calibration } = splitCalibration(others, models);
  const costHead = readCostHead(tensors, models.length, dimension);
  if (costHead === null) checkNothingPredicted(manifest, path);
  const { kind, config } = manifest.estimator;
  const state = { kind, config, tensors: withoutCostHead(tensors) } as EstimatorState;
  return {
    manifest,
    estimator: estimatorFromState(state, models, dimension),
    costHead,
    calibration,
    policy: manifest.policyNetwork === undefined ? null : { config: manifest.policyNetwork, tensors: policy },
  };
}

/** The prompts that travel with a router; null where none do. ERR_CORRUPT_FILE where they are not those it was written with. */
export async function readQuizBank(folder: string, { quizBank }: RouterManifest): Promise<string | null> {
  if (quizBank === undefined) return null;
  const path = join(folder, quizBankName);
  const bytes = await readRouterFile(path);
  const actual = sha256(bytes);
  if (actual === quizBank.sha256) return bytes.toString('utf8');
  throw new PointsmanError(
    'ERR_CORRUPT_FILE',
    `${path} is damaged or belongs to another router: router.json expects sha256 ${quizBank.sha256}, the file has ${actual}`,
  );
}

/** What is left is the estimator's. */
function withoutCostHead(tensors: EstimatorState['tensors']): EstimatorState['tensors'] {
  const names: readonly string[] = Object.values(costTensorNames);
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));
}

function checkNothingPredicted({ models }: RouterManifest, path: string): void {
  const predicted = models.find(({ cost }) =>
    cost.kind === 'per-token' ? cost.predictedOutput !== undefined : cost.predictedNanoUsd !== undefined,
  );
  if (predicted === undefined) return;
  throw new PointsmanError(
    'ERR_CORRUPT_FILE',
    `${path} has no tensor "${costTensorNames.weight}", by which router.json predicts what "${predicted.id}" costs`,
  );
}

async function readManifest(folder: string): Promise<RouterManifest> {
  const path = join(folder, manifestName);
  const json = parseJson((await readRouterFile(path)).toString('utf8'), path);
  checkVersion(json, path);
  const result = v.safeParse(routerSchema, json);
  if (!result.success) {
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `${path} is not a valid router: ${describeIssues(result.issues)}`,
    );
  }
  const ids = result.output.models.map((model) => model.id);
  const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
  if (duplicate !== undefined) {
    throw new PointsmanError('ERR_CORRUPT_FILE', `${path} lists model "${duplicate}" twice`);
  }
  return result.output;
}

function checkVersion(json: unknown, path: string): void {
  const version =
    typeof json === 'object' && json !== null && 'formatVersion' in json ? json.formatVersion : undefined;
  if (typeof version !== 'number' || version <= formatVersion) return;
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `${path} has format version ${version}, this pointsman reads up to ${formatVersion}: update pointsman`,
  );
}

async function readRouterFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PointsmanError('ERR_FILE_NOT_FOUND', `router file ${path} cannot be read: ${detail}`, {
      cause,
    });
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

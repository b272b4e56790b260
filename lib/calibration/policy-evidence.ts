import { LRUCache } from 'lru-cache';
import { type IndexedConstraints, standingExclusion } from '../constraints.ts';
import type { RoutableModel } from '../decide.ts';
import { PointsmanError } from '../errors.ts';
import { describeExclusion } from '../exclusion-text.ts';
import type { GuardedPolicy, PolicySpec, QualityRange } from '../policy/policy.ts';
import type { GuardRequest, NetworkPreference, PolicyRequest } from '../route-options.ts';
import { type CalibrationSet, requireCalibration } from './calibration-set.ts';
import { guardThreshold } from './guard.ts';
import { qualityRange } from './quality-range.ts';

/** A threshold takes some milliseconds to find; a service asks for few different ones. */
const kKeptGuards = 64;

/** Share of the anchor's rows that a model must have been run on. */
const kLeastEvidence = 0.5;

/** What a router's calibration set has to say on the policies callers ask for, each thing computed once. */
export class PolicyEvidence {
  readonly #models: readonly RoutableModel[];
  readonly #set: CalibrationSet | null;
  /** Model ids by measured quality, best first. */
  readonly #ranked: readonly string[];
  #range: QualityRange | null = null;
  readonly #guards = new LRUCache<string, GuardedPolicy>({ max: kKeptGuards });

  /** @param models with the costs in force, in the order of the set's models */
  constructor(models: readonly RoutableModel[], set: CalibrationSet | null, ranked: readonly string[]) {
    this.#models = models;
    this.#set = set;
    this.#ranked = ranked;
  }

  /**
   * The policy with every number it takes to choose. Throws ERR_UNSUPPORTED where that needs a calibration set and the
   * router has none or one that says too little of a model, and ERR_INVALID_ARGUMENT for an anchor that the constraints exclude.
   */
  complete(request: Exclude<PolicyRequest, NetworkPreference>, constraints: IndexedConstraints): PolicySpec {
    switch (request.kind) {
      case 'static-tolerance': {
        const { strategy, tolerance, safetyMargin } = request;
        return { kind: 'tolerance', strategy, tolerance, safetyMargin, range: this.#qualityRange(strategy) };
      }
      case 'guard':
        return this.#guarded(request, constraints);
      default:
        return request;
    }
  }

  #qualityRange(strategy: string): QualityRange {
    this.#range ??= qualityRange(requireCalibration(this.#set, `thresholdStrategy "${strategy}"`));
    return this.#range;
  }

  #guarded(request: GuardRequest, constraints: IndexedConstraints): GuardedPolicy {
    const set = requireCalibration(this.#set, 'guard');
    const allowed = [...this.#models.keys()].filter((index) => this.#exclusion(index, constraints) === null);
    const { confidence, maxLoss } = request;
    const anchor = this.#anchorOf(request, constraints);
    const key = JSON.stringify([anchor, confidence, maxLoss, allowed]);
    const kept = this.#guards.get(key);
    if (kept !== undefined) return kept;
    this.#checkEvidence(set, anchor, allowed);
    const costs = this.#models.map(({ cost }) => cost);
    const threshold = guardThreshold(set, costs, allowed, { anchor, confidence, maxLoss });
    const policy = Object.freeze({ kind: 'guarded', anchor, confidence, maxLoss, threshold } as const);
    this.#guards.set(key, policy);
    return policy;
  }

  /** Rows that a model was not run on say nothing of what it would lose there, and it would be chosen all the same. */
  #checkEvidence(set: CalibrationSet, anchor: string, allowed: readonly number[]): void {
    const rows = new Set(knownRows(set, set.models.indexOf(anchor)));
    for (const index of allowed) {
      const both = knownRows(set, index).filter((row) => rows.has(row)).length;
      if (both >= kLeastEvidence * rows.size) continue;
      throw new PointsmanError(
        'ERR_UNSUPPORTED',
        `guard has too little evidence on "${set.models[index]}": it was run on ${both} of the ${rows.size} calibration rows that score the anchor "${anchor}", half are needed; leave one of the two out with the option exclude`,
      );
    }
  }

  #anchorOf({ anchor }: GuardRequest, constraints: IndexedConstraints): string {
    const indexOf = (id: string) => this.#models.findIndex((model) => model.id === id);
    if (anchor !== null) {
      const exclusion = this.#exclusion(indexOf(anchor), constraints);
      if (exclusion === null) return anchor;
      throw new PointsmanError(
        'ERR_INVALID_ARGUMENT',
        `guard.anchor "${anchor}" is not up for choice (${describeExclusion(exclusion)}): name another anchor or lift the constraint`,
      );
    }
    const [best] = this.#ranked;
    if (best === undefined) {
      throw new PointsmanError(
        'ERR_UNSUPPORTED',
        'guard needs an anchor, and this router of an earlier version does not state its best model: pass guard.anchor, or train it anew',
      );
    }
    return this.#ranked.find((id) => this.#exclusion(indexOf(id), constraints) === null) ?? best;
  }

  #exclusion(index: number, constraints: IndexedConstraints) {
    const model = this.#models[index];
    return model === undefined ? null : standingExclusion(model, constraints);
  }
}

/** Rows that a model was run on, ascending. */
function knownRows({ models, rows, scores }: CalibrationSet, column: number): number[] {
  return Array.from({ length: rows }, (_, row) => row).filter(
    (row) => !Number.isNaN(scores[row * models.length + column]),
  );
}

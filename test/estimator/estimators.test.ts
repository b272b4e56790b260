import { describe, expect, it } from 'vitest';
import type { EstimatorState } from '../../lib/estimator/estimator.ts';
import { estimatorFactory, estimatorFromState, estimatorKinds } from '../../lib/estimator/registry.ts';
import { describeEstimator } from './conformance.ts';

for (const kind of estimatorKinds) {
  describeEstimator(estimatorFactory(kind), { learns: kind !== 'constant' });
}

describe('the registry', () => {
  it('knows all kinds, each by its own name', () => {
    expect(estimatorKinds).toEqual([
      'stack',
      'ipr',
      'mlp',
      'knn',
      'kmeans',
      'ridge',
      'mf',
      'family',
      'irt',
      'task-moe',
      'constant',
    ]);
    for (const kind of estimatorKinds) expect(estimatorFactory(kind).kind).toBe(kind);
  });

  it('names the nearest kind where the name is unknown', () => {
    expect(() => estimatorFactory('rigde')).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message:
          'unknown estimator "rigde", did you mean "ridge"?; known: stack, ipr, mlp, knn, kmeans, ridge, mf, family, irt, task-moe, constant',
      }),
    );
  });

  it('says how an onboarded estimator is made, which is not trained', () => {
    expect(() => estimatorFactory('onboarded')).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining('add models to it with onboardModel'),
      }),
    );
  });

  it('takes no property of Object.prototype for a kind', () => {
    expect(() => estimatorFactory('constructor')).toThrow('unknown estimator "constructor"');
  });

  it('says that a stored kind it does not have is unsupported', () => {
    const state = { kind: 'svm', config: {}, tensors: {} } as unknown as EstimatorState;
    expect(() => estimatorFromState(state, ['a'], 4)).toThrow(
      expect.objectContaining({
        code: 'ERR_UNSUPPORTED',
        message: expect.stringContaining('kind "svm"'),
      }),
    );
  });
});

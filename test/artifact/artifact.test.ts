import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import {
  modelsWithPredictedOutput,
  temporaryFolder,
  tinyCalibration,
  tinyCostHead,
  tinyModels,
  writeTinyRouter,
} from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let router: string;
beforeEach(async () => {
  folder = temporaryFolder();
  router = join(folder.path, 'router');
  await writeTinyRouter(router);
});
afterEach(() => folder.clean());

// biome-ignore lint/suspicious/noExplicitAny: the tests put wrong values into the JSON on purpose
function editManifest(edit: (manifest: any) => void): void {
  const path = join(router, 'router.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

const refusal = (code: string, message: string) => ({ code, message: expect.stringContaining(message) });

describe('a router artifact', () => {
  it('comes back with its models, prices and estimator', async () => {
    const { manifest, estimator } = await readArtifact(router);
    expect(manifest.models.map(({ id }) => id)).toEqual(tinyModels);
    expect(estimator.models).toEqual(tinyModels);
    expect(estimator.state().tensors.bias?.data).toEqual(Float32Array.of(0.4, 0.5, 0.6));
  });

  it('keeps the cost head apart from the estimator', async () => {
    const costHead = tinyCostHead();
    await writeTinyRouter(router, { models: modelsWithPredictedOutput() }, { costHead });
    const read = await readArtifact(router);
    expect(read.costHead).toEqual(costHead);
    expect(Object.keys(read.estimator.state().tensors)).toEqual(['weight', 'bias']);
    expect(read.manifest.models[0]?.cost).toEqual(modelsWithPredictedOutput()[0]?.cost);
  });

  it('has no cost head where it was written without one', async () => {
    expect((await readArtifact(router)).costHead).toBeNull();
  });

  it('is refused where it predicts costs without a cost head', async () => {
    await writeTinyRouter(router, { models: modelsWithPredictedOutput() });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal(
        'ERR_CORRUPT_FILE',
        'router.safetensors has no tensor "cost.weight", by which router.json predicts what "small" costs',
      ),
    );
  });

  it('is refused where the cost head does not fit, or holds what is no number', async () => {
    const { dimension, weight, bias } = tinyCostHead();
    const wrongSize = { dimension, weight: weight.subarray(dimension), bias: bias.subarray(1) };
    await writeTinyRouter(router, {}, { costHead: wrongSize });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal(
        'ERR_CORRUPT_FILE',
        'the stored cost head needs tensor "cost.weight" of shape [3, 384], got [2, 384]',
      ),
    );
    await writeTinyRouter(router, {}, { costHead: { dimension, weight, bias: bias.map(() => Number.NaN) } });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_CORRUPT_FILE', 'the stored cost head holds NaN in tensor "cost.bias"'),
    );
  });

  it('has no calibration set where an earlier version wrote it', async () => {
    expect((await readArtifact(router)).calibration).toBeNull();
  });

  it('comes back with its calibration set, which the estimator does not take for its own', async () => {
    const set = tinyCalibration(50);
    await writeTinyRouter(router, {}, { calibration: set });
    const { calibration, estimator } = await readArtifact(router);
    expect(calibration).toEqual(set);
    expect(Object.keys(estimator.state().tensors)).toEqual(['weight', 'bias']);
  });

  it('comes back with the facts of its models and a policy of any strategy', async () => {
    editManifest((manifest) => {
      manifest.models[0].facts = { contextWindow: 8192, modalities: ['text', 'image'], tools: true };
      manifest.defaults.policy = {
        kind: 'tolerance',
        tolerance: 0.2,
        strategy: 'static-max',
        range: { max: 0.8, min: 0.2 },
      };
    });
    const { manifest } = await readArtifact(router);
    expect(manifest.models[0]?.facts?.contextWindow).toBe(8192);
    expect(manifest.defaults.policy).toMatchObject({ strategy: 'static-max', range: { max: 0.8 } });
  });

  it('is refused where its features are more than its heads take', async () => {
    editManifest((manifest) => {
      manifest.encoder.features = ['embedding', 'tokens', 'surface'];
    });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_CORRUPT_FILE', 'needs tensor "weight" of shape [3, 784], got [3, 384]'),
    );
  });

  it('is refused where the folder is missing', async () => {
    await expect(readArtifact(join(folder.path, 'none'))).rejects.toMatchObject(
      refusal('ERR_FILE_NOT_FOUND', 'router.json cannot be read: ENOENT'),
    );
  });

  it('is refused where router.json is cut short', async () => {
    const path = join(router, 'router.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_CORRUPT_FILE', 'is not valid JSON'),
    );
  });

  it('is refused where the tensors were changed or cut short', async () => {
    const path = join(router, 'router.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_CORRUPT_FILE', 'is damaged or belongs to another router: router.json expects sha256'),
    );
    writeFileSync(path, bytes.subarray(0, 50));
    await expect(readArtifact(router)).rejects.toMatchObject(refusal('ERR_CORRUPT_FILE', 'is damaged'));
  });

  it('is refused where the tensors are missing', async () => {
    rmSync(join(router, 'router.safetensors'));
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_FILE_NOT_FOUND', 'router.safetensors cannot be read: ENOENT'),
    );
  });

  it('is refused where it names tensors outside its folder', async () => {
    editManifest((manifest) => {
      manifest.tensors.file = '../elsewhere.safetensors';
    });
    await expect(readArtifact(router)).rejects.toMatchObject(refusal('ERR_CORRUPT_FILE', 'tensors.file'));
  });

  it('is refused where a newer version wrote it', async () => {
    editManifest((manifest) => {
      manifest.formatVersion = 99;
    });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_UNSUPPORTED', 'has format version 99, this pointsman reads up to 1: update pointsman'),
    );
  });

  it.each([
    [
      'a negative price',
      'models.0.cost.inputPer1M',
      (m: { models: { cost: object }[] }) => Object.assign(m.models[0]?.cost ?? {}, { inputPer1M: -1 }),
    ],
    [
      'a missing price',
      'models.0.cost.inputPer1M',
      (m: { models: { cost: object }[] }) =>
        Object.assign(m.models[0]?.cost ?? {}, { inputPer1M: undefined }),
    ],
    [
      'a negative price of a tier',
      'models.0.cost.tiers.0.outputPer1M',
      (m: { models: { cost: object }[] }) =>
        Object.assign(m.models[0]?.cost ?? {}, {
          tiers: [{ aboveInputTokens: 1, inputPer1M: 1, outputPer1M: -1 }],
        }),
    ],
    [
      'a price of an unknown source',
      'models.0.cost.priceSource.kind',
      (m: { models: { cost: object }[] }) =>
        Object.assign(m.models[0]?.cost ?? {}, { priceSource: { kind: 'hearsay' } }),
    ],
    [
      'features without the embedding',
      'encoder.features',
      (m: { encoder: object }) => Object.assign(m.encoder, { features: ['tokens'] }),
    ],
    [
      'a feature twice',
      'encoder.features',
      (m: { encoder: object }) => Object.assign(m.encoder, { features: ['embedding', 'embedding'] }),
    ],
    ['no models', 'models', (m: object) => Object.assign(m, { models: [] })],
    [
      'a tolerance above 1',
      'defaults.policy.tolerance',
      (m: object) => Object.assign(m, { defaults: { policy: { kind: 'tolerance', tolerance: 2 } } }),
    ],
    [
      'a static strategy without its constants',
      'defaults.policy.range',
      (m: object) =>
        Object.assign(m, {
          defaults: { policy: { kind: 'tolerance', tolerance: 0, strategy: 'static-max' } },
        }),
    ],
    [
      'a fact that does not exist',
      'models.0.facts.context',
      (m: { models: object[] }) => Object.assign(m.models[0] ?? {}, { facts: { context: 5 } }),
    ],
    ['an unknown key', 'tolerance', (m: object) => Object.assign(m, { tolerance: 0.1 })],
  ])('is refused with the place of %s', async (_, place, edit) => {
    editManifest(edit);
    await expect(readArtifact(router)).rejects.toMatchObject(refusal('ERR_CORRUPT_FILE', place));
  });

  it('is refused where it lists a model twice', async () => {
    editManifest((manifest) => {
      manifest.models[1].id = manifest.models[0].id;
    });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_CORRUPT_FILE', 'lists model "small" twice'),
    );
  });

  it('is refused where the tensors do not fit the models', async () => {
    editManifest((manifest) => {
      manifest.models.pop();
    });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal(
        'ERR_CORRUPT_FILE',
        'the stored ridge estimator needs tensor "weight" of shape [2, 384], got [3, 384]',
      ),
    );
  });

  it('is refused where this version does not know its estimator', async () => {
    editManifest((manifest) => {
      manifest.estimator.kind = 'oracle';
    });
    await expect(readArtifact(router)).rejects.toMatchObject(
      refusal('ERR_UNSUPPORTED', 'estimator of kind "oracle"'),
    );
  });
});

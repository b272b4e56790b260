import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { createHead, openEngine, openHeadGroup } from '../../bindings/engine.ts';
import { loadAddon } from '../../bindings/load.ts';
import { Router } from '../../lib/index.ts';
import { deviceOf, onDevice } from '../../lib/pool/device.ts';
import type { OnnxEncoder } from '../../lib/pool/encoder-options.ts';
import { encoder } from '../bindings/support.ts';
import { lowestCosine } from '../support/cosine.ts';
import { Random } from '../support/random.ts';
import { emulatedLibrary } from './support.ts';

process.env.POINTSMAN_CUDA_LIBRARY = emulatedLibrary; // read when the GPU is first asked about, below
process.env.POINTSMAN_ISA = 'avx2'; // the CPU's results are float32's, on machines that multiply bf16 too

// Few and short: the emulation encodes some 30 tokens a second.
const prompts = [
  'What is 17 times 23?',
  'Translate "good morning" into French.',
  'Write a haiku about rain.',
];

describe.skipIf(!existsSync(emulatedLibrary))(
  'the CUDA back end under the whole stack (needs the native tests built)',
  () => {
    it('embeds as the CPU does in float32', () => {
      using gpu = openEngine({ ...encoder, device: 'cuda' });
      using cpu = openEngine({ ...encoder, device: 'cpu' });
      expect([gpu.device, gpu.deviceReason, cpu.device]).toEqual(['cuda', null, 'cpu']);
      const { embeddings, tokens } = gpu.embed(prompts);
      const expected = cpu.embed(prompts);
      expect(tokens).toEqual(expected.tokens);
      expect(loadAddon().info().operands).toBe('float32');
      expect(lowestCosine(embeddings, expected.embeddings, gpu.dimension)).toBeGreaterThan(0.9999);
    });

    it('scores with several heads as the CPU does, in one call', () => {
      const dimension = 24;
      const random = new Random(5);
      const floats = (count: number) => Float32Array.from({ length: count }, () => 2 * random.next() - 1);
      const pairwise: NativeHeadSpec = {
        kind: 'pairwise',
        ...{ dimension, hidden: 16, promptWeight: floats(16 * dimension), modelPart: floats(3 * 16) },
        ...{ outWeight: floats(16), outBias: floats(3) },
      };
      using first = createHead(pairwise);
      using second = createHead({ kind: 'constant', scores: Float32Array.of(0.25, 0.5) });
      using third = createHead({ kind: 'linear', dimension, weight: floats(5 * dimension), bias: floats(5) });
      const heads = [first, second, third];
      const ids = heads.map(({ id }) => id);
      const gpu = openHeadGroup(ids, 'cuda');
      const cpu = openHeadGroup(ids, 'cpu');
      expect([gpu.device, gpu.deviceReason, cpu.device]).toEqual(['cuda', null, 'cpu']);
      const embeddings = floats(6 * dimension);
      const scores = gpu.score(embeddings, 6);
      const expected = cpu.score(embeddings, 6);
      expect(expected).toEqual(heads.map((head) => head.score(embeddings, 6)));
      expect(scores.map(({ length }) => length)).toEqual([18, 12, 30]);
      for (const [head, own] of scores.entries()) {
        for (const [i, score] of own.entries())
          expect(score).toBeCloseTo(expected[head]?.[i] ?? Number.NaN, 5);
      }
      expect(gpu.score(new Float32Array(0), 0).map(({ length }) => length)).toEqual([0, 0, 0]);
    });

    it('heads too wide for a block of the GPU stay on the CPU, and a group says why', () => {
      const dimension = 7000;
      using wide = createHead({
        kind: 'linear',
        dimension,
        weight: new Float32Array(dimension),
        bias: Float32Array.of(0.5),
      });
      const group = openHeadGroup([wide.id], 'auto');
      expect(group.device).toBe('cpu');
      expect(group.deviceReason).toContain("a head needs 112016 bytes of a block's memory, this GPU has");
      expect([...(group.score(new Float32Array(dimension), 1)[0] ?? [])]).toEqual([0.5]);
      expect(() => openHeadGroup([wide.id], 'cuda')).toThrow(
        expect.objectContaining({ code: 'ERR_UNSUPPORTED' }),
      );
    });

    it('routes as the CPU does, and says where', async () => {
      const decide = async (device: 'cuda' | 'cpu') => {
        await using router = await Router.load(undefined, { device, lanes: 1, deadlineMs: 100_000 });
        const decisions = await router.routeMany(prompts);
        return decisions.map((decision) => ({
          model: decision.kind === 'routed' ? decision.model : decision.kind,
          quality:
            decision.kind === 'routed' ? decision.candidates.map((candidate) => candidate.quality) : [],
          timings: decision.timings,
        }));
      };
      const onGpu = await decide('cuda');
      const onCpu = await decide('cpu');
      expect(onGpu.map(({ model }) => model)).toEqual(onCpu.map(({ model }) => model));
      for (const [prompt, { quality }] of onGpu.entries()) {
        for (const [model, value] of quality.entries())
          expect(value).toBeCloseTo(onCpu[prompt]?.quality[model] ?? Number.NaN, 2);
      }
      for (const { timings } of onGpu) expect(timings).toMatchObject({ device: 'cuda', deviceReason: null });
      for (const { timings } of onCpu) expect(timings).toMatchObject({ device: 'cpu', deviceReason: null });
    });
  },
);

describe('without a GPU', () => {
  it('is said of heads only where the encoder has one', () => {
    const gpu = { device: 'cuda', deviceReason: null } as const;
    const noGpu = { device: 'cpu', deviceReason: 'no driver' } as const;
    const wide = { device: 'cpu', deviceReason: 'too wide' } as const;
    expect(deviceOf(gpu, gpu)).toEqual(gpu);
    expect(deviceOf(gpu, null)).toEqual(gpu);
    expect(deviceOf(gpu, wide)).toEqual({ device: 'cuda', deviceReason: 'heads are on the CPU: too wide' });
    expect(deviceOf(noGpu, { device: 'cpu', deviceReason: null })).toEqual(noGpu);
  });

  it('the back end onnx has no GPU to be asked for', async () => {
    const options = { kind: 'onnx' } as OnnxEncoder;
    expect(onDevice(options, 'auto')).toBe(options);
    expect(() => onDevice(options, 'cuda')).toThrow(
      'device "cuda" is not available: the back end "onnx" encodes on the CPU; use "auto" or "cpu"',
    );
  });
});

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../bindings/engine.ts';
import { Router } from '../../lib/index.ts';
import { onDevice } from '../../lib/pool/device.ts';
import type { OnnxEncoder } from '../../lib/pool/encoder-options.ts';
import { encoder } from '../bindings/support.ts';
import { lowestCosine } from '../support/cosine.ts';
import { emulatedLibrary } from './support.ts';

process.env.POINTSMAN_CUDA_LIBRARY = emulatedLibrary; // read when the GPU is first asked about, below

// Few and short: the emulation encodes some 30 tokens a second.
const prompts = [
  'What is 17 times 23?',
  'Translate "good morning" into French.',
  'Write a haiku about rain.',
];

describe.skipIf(!existsSync(emulatedLibrary))(
  'the CUDA back end under the whole stack (needs the native tests built)',
  () => {
    it('embeds as the CPU does', () => {
      using gpu = openEngine({ ...encoder, device: 'cuda' });
      using cpu = openEngine({ ...encoder, device: 'cpu' });
      expect([gpu.device, gpu.deviceReason, cpu.device]).toEqual(['cuda', null, 'cpu']);
      const { embeddings, tokens } = gpu.embed(prompts);
      const expected = cpu.embed(prompts);
      expect(tokens).toEqual(expected.tokens);
      expect(lowestCosine(embeddings, expected.embeddings, gpu.dimension)).toBeGreaterThan(0.9999);
    });

    it('routes as the CPU does, and says where', async () => {
      const decide = async (device: 'cuda' | 'cpu') => {
        await using router = await Router.load(undefined, { device, lanes: 1, deadlineMs: 100_000 });
        const decisions = await router.routeMany(prompts);
        return decisions.map((decision) => ({
          model: decision.kind === 'routed' ? decision.model : decision.kind,
          timings: decision.timings,
        }));
      };
      const onGpu = await decide('cuda');
      const onCpu = await decide('cpu');
      expect(onGpu.map(({ model }) => model)).toEqual(onCpu.map(({ model }) => model));
      for (const { timings } of onGpu) expect(timings).toMatchObject({ device: 'cuda', deviceReason: null });
      for (const { timings } of onCpu) expect(timings).toMatchObject({ device: 'cpu', deviceReason: null });
    });
  },
);

describe('without a GPU', () => {
  it('the back end onnx has no GPU to be asked for', async () => {
    const options = { kind: 'onnx' } as OnnxEncoder;
    expect(onDevice(options, 'auto')).toBe(options);
    expect(() => onDevice(options, 'cuda')).toThrow(
      'device "cuda" is not available: the back end "onnx" encodes on the CPU; use "auto" or "cpu"',
    );
  });
});

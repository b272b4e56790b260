import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultRouterFolder, Router } from '../../lib/router.ts';
import { refitRouter } from '../../lib/train/refit-router.ts';
import { Random } from '../support/random.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.clean());

describe('the loop with the router that ships', () => {
  it('takes traffic from the favourite once all of its answers are scored 0', async () => {
    const topics = ['primes', 'rivers', 'the French Revolution', 'enzymes', 'inflation', 'sorting a list'];
    const prompts = Array.from(
      { length: 240 },
      (_, i) => `Question ${i}: explain ${topics[i % 6]} in ${i + 20} words.`,
    );
    const options = { explore: { rate: 0.05, seed: 1 } };
    const random = new Random(2);
    const shareOf = async (path: string, favourite: string | null) => {
      await using router = await Router.load(path, { feedback: { path: at('feedback') } });
      const decisions = (await router.routeMany(prompts, options)).flatMap((decision) =>
        decision.kind === 'routed' ? [decision] : [],
      );
      const counts = new Map<string, number>();
      for (const { model } of decisions) counts.set(model, (counts.get(model) ?? 0) + 1);
      const [most = ''] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
      const model = favourite ?? most;
      if (favourite === null) {
        for (const decision of decisions) {
          const right = random.next() < decision.quality ? 1 : 0;
          await router.feedback(decision.id, decision.model === model ? 0 : right);
        }
      }
      return { model, share: (counts.get(model) ?? 0) / prompts.length };
    };
    const before = await shareOf(defaultRouterFolder(), null);
    expect(before.share).toBeGreaterThan(0.3);
    const refitted = await refitRouter({
      router: defaultRouterFolder(),
      feedback: at('feedback'),
      out: at('out'),
    });
    expect(refitted.kept).toBe(true);
    expect((await shareOf(at('out'), before.model)).share).toBeLessThan(before.share / 2);
  });
});

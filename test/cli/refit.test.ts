import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import { newDecisionId } from '../../lib/decision-marks.ts';
import { FeedbackStore } from '../../lib/feedback/store.ts';
import { narrowFloat16 } from '../../lib/pool/narrow-float16.ts';
import { Random } from '../support/random.ts';
import { temporaryFolder, tinyModels, writeTinyRouter } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
beforeAll(async () => {
  folder = temporaryFolder();
  await writeTinyRouter(at('router'));
  await feedBack('dropped', 400, (row) => (row < 200 ? 0.5 : 0));
  await feedBack('steady', 400, () => 0.5);
  await feedBack('little', 40, () => 0.5);
});
afterAll(() => folder.clean());

/** Decisions that all went to `medium`, whose quality is predicted at 0.5 for a prompt without features. */
async function feedBack(name: string, count: number, chance: (row: number) => number): Promise<void> {
  const { manifest } = await readArtifact(at('router'));
  await using store = await FeedbackStore.open(at(name));
  await store.addRouter(manifest.tensors.sha256, { models: tinyModels, encoder: manifest.encoder });
  const random = new Random(1);
  const start = Date.now() - 100_000;
  const scored = Array.from({ length: count }, (_, row) => {
    const id = newDecisionId(start + row);
    store.remember({
      id,
      decidedAt: start + row,
      router: manifest.tensors.sha256,
      model: 'medium',
      probability: 1,
      policy: { kind: 'tolerance', tolerance: 0.2 },
      features: narrowFloat16(new Float32Array(384)),
      quality: Float32Array.of(0.4, 0.5, 0.6),
      costUsd: Float64Array.of(0.001, 0.01, 0.1),
      atChoice: Uint8Array.of(1, 1, 1),
      inputTokens: 20,
      prompt: null,
    });
    return store.feedback(id, random.next() < chance(row) ? 1 : 0);
  });
  await Promise.all(scored);
}

const refit = (feedback: string, ...flags: string[]) =>
  pointsman([
    'refit',
    '--router',
    at('router'),
    '--feedback',
    at(feedback),
    '--out',
    at(`${feedback}-out`),
    ...flags,
  ]);

describe('pointsman refit', () => {
  it('writes a router that is better on held-out feedback, and says what of', () => {
    const { status, stdout, stderr } = refit('dropped');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain(`kept: better on held-out feedback; written to ${at('dropped-out')}`);
    expect(stdout).toContain('learnt from 300 scored decisions, judged on the 100 after them');
    expect(stdout).toMatch(/medium +300 +300 +changed: a score counts half after \d+ more/);
    expect(stdout).toMatch(/large +0 +0 +as it was trained/);
    expect(existsSync(at('dropped-out/router.json'))).toBe(true);
  });

  it('ends with status 3 where it is no better, and writes nothing', () => {
    const { status, stdout, stderr } = refit('steady');
    expect(stderr).toBe('');
    expect(status).toBe(3);
    expect(stdout).toContain(
      'not kept: no better on held-out feedback than the router as it is; nothing was written',
    );
    expect(existsSync(at('steady-out'))).toBe(false);
  });

  it('prints the judgement as JSON', () => {
    const { status, stdout } = refit('steady', '--json');
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      kept: false,
      manifest: null,
      judgement: { verdict: 'no-gain', feedback: 100 },
      learnt: 300,
    });
  });

  it('fails with one line for too little feedback and for a folder that is no store', () => {
    expect(refit('little')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'pointsman: ERR_INVALID_DATA: a refit needs at least 100 scored decisions, the store has 40 that this router can learn from\n',
    });
    expect(refit('nothing')).toEqual({
      status: 1,
      stdout: '',
      stderr: `pointsman: ERR_FILE_NOT_FOUND: there is no feedback store in ${at('nothing')}\n`,
    });
  });
});

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/package-root.ts';
import { newDecisionId } from '../../lib/decision-marks.ts';
import { resolveRouterFeedback } from '../../lib/feedback/options.ts';
import { FeedbackStore } from '../../lib/feedback/store.ts';
import { temporaryFolder } from '../support/tiny-router.ts';
import { decisionRecord } from './record.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'feedback');
});
afterEach(() => folder.clean());

describe('FeedbackStore', () => {
  it('has a scored decision again, field by field, after it was closed', async () => {
    const decision = decisionRecord({ prompt: 'Why?' });
    {
      await using store = await FeedbackStore.open(path);
      store.remember(decision);
      await store.feedback(decision.id, 0.75, { costUsd: 0.5 });
      expect(store.counts).toEqual({ pending: 0, scored: 1, lost: 0 });
    }
    await using store = await FeedbackStore.open(path, { readOnly: true });
    const [record, ...others] = store.scored();
    expect(others).toEqual([]);
    expect(record).toEqual({
      ...decision,
      score: 0.75,
      paidUsd: 0.5,
      scoredAt: expect.any(Number),
    });
  });

  it('takes a score for a decision of a process that has ended, and from another one that has the store open', async () => {
    const decision = decisionRecord();
    {
      await using store = await FeedbackStore.open(path);
      store.remember(decision);
    }
    await using store = await FeedbackStore.open(path);
    expect(store.counts.pending).toBe(1);
    await using reader = await FeedbackStore.open(path, { readOnly: true });
    await store.feedback(decision.id, 1);
    expect([...reader.scored()].map(({ id }) => id)).toEqual([decision.id]);
  });

  it('puts a second score in the place of the first', async () => {
    await using store = await FeedbackStore.open(path);
    const decision = decisionRecord();
    store.remember(decision);
    await store.feedback(decision.id, 1);
    await store.feedback(decision.id, 0);
    expect([...store.scored()].map(({ score, paidUsd }) => [score, paidUsd])).toEqual([[0, null]]);
  });

  it('orders scores as the decisions were made', async () => {
    await using store = await FeedbackStore.open(path);
    const ids = Array.from({ length: 20 }, (_, i) => newDecisionId(1_700_000_000_000 + i));
    const now = ids.map((id) => id.replace(/^.{13}/, newDecisionId().slice(0, 13)));
    for (const id of now.toReversed()) store.remember(decisionRecord({ id }));
    for (const id of now) await store.feedback(id, 0.5);
    const found = [...store.scored()].map(({ id }) => id);
    expect(found).toEqual(now.toSorted());
  });

  it('forgets decisions past its limits of number and age, the oldest first', async () => {
    const old = newDecisionId(Date.now() - 8 * 86_400_000);
    const ids = Array.from({ length: 300 }, (_, i) => newDecisionId(Date.now() + i));
    {
      await using store = await FeedbackStore.open(path);
      for (const id of [old, ...ids]) store.remember(decisionRecord({ id }));
    }
    await using store = await FeedbackStore.open(path, { maxPending: 100 });
    expect(store.counts.pending).toBe(100);
    await store.feedback(ids.at(-1) ?? '', 1);
    await expect(store.feedback(old, 1)).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_DECISION',
      message: `no decision "${old}" is stored: decisions wait 7 days for a score, and the last 100 at most`,
    });
    await expect(store.feedback(ids[0] ?? '', 1)).rejects.toThrow('the last 100 at most');
  });

  it('holds to the number while it is written', async () => {
    await using store = await FeedbackStore.open(path, { maxPending: 50, maxScored: 20 });
    for (let i = 0; i < 1000; i++) {
      const decision = decisionRecord();
      store.remember(decision);
      if (i % 10 === 0) await store.feedback(decision.id, 1);
    }
    await store.close();
    expect(store.counts.pending).toBeLessThanOrEqual(50 + 256);
    expect(store.counts.scored).toBeLessThanOrEqual(20 + 26);
  });

  it('counts what it could not write, and throws nothing at the router', async () => {
    await (await FeedbackStore.open(path)).close();
    const store = await FeedbackStore.open(path, { readOnly: true });
    store.remember(decisionRecord());
    await store.close();
    expect(store.counts).toEqual({ pending: 0, scored: 0, lost: 1 });
  });

  it('keeps routers by their id', async () => {
    await using store = await FeedbackStore.open(path);
    const encoder = {
      name: 'e',
      sha256: 'b'.repeat(64),
      dimension: 3,
      maxTokens: 8,
      pooling: 'mean',
      normalize: true,
    } as const;
    await store.addRouter('r', { models: ['small', 'large'], encoder });
    expect(store.routers()).toEqual(new Map([['r', { models: ['small', 'large'], encoder }]]));
  });

  it('refuses scores and costs that are none', async () => {
    await using store = await FeedbackStore.open(path);
    const { id } = decisionRecord();
    const refused = async (run: () => Promise<void>, message: string) =>
      expect(run()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message });
    await refused(() => store.feedback(id, 1.5), 'score must be a number from 0 to 1, got 1.5');
    await refused(() => store.feedback(id, Number.NaN), 'score must be a number from 0 to 1, got NaN');
    await refused(
      () => store.feedback(id, 'good' as never),
      'score must be a number from 0 to 1, got "good"',
    );
    await refused(
      () => store.feedback(id, 1, { costUsd: -1 }),
      `costUsd must be a number from 0 to ${Number.MAX_VALUE}, got -1`,
    );
    await refused(() => store.feedback(id, 1, null as never), 'feedback details must be an object, got null');
    await expect(store.feedback(id, 1, { costUSD: 1 } as never)).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_OPTION',
      message: 'unknown feedback detail "costUSD", did you mean "costUsd"?; known: costUsd',
    });
    await refused(() => store.feedback('', 1), 'decisionId must be the id of a decision, got ""');
  });

  it('says what is wrong with a folder that holds no store', async () => {
    await expect(FeedbackStore.open(path, { readOnly: true })).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: `there is no feedback store in ${path}`,
    });
    mkdirSync(path);
    writeFileSync(join(path, 'data.mdb'), 'x'.repeat(10_000));
    await expect(FeedbackStore.open(path)).rejects.toMatchObject({
      code: 'ERR_CORRUPT_FILE',
      message: `${join(path, 'data.mdb')} is no LMDB database`,
    });
  });

  it('knows a database of something else, and a store of a newer version', async () => {
    const other = join(folder.path, 'other');
    const database = open({ path: other });
    await database.put('key', 'value');
    await database.close();
    await expect(FeedbackStore.open(other)).rejects.toMatchObject({
      code: 'ERR_CORRUPT_FILE',
      message: `${other} holds a database that is no feedback store`,
    });
    await (await FeedbackStore.open(path)).close();
    const root = open({ path, maxDbs: 8, noSubdir: false });
    await root.openDB({ name: 'about' }).put('format', { format: 'pointsman-feedback', version: 9 });
    await root.close();
    await expect(FeedbackStore.open(path)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: `the feedback store in ${path} has format version 9, this pointsman reads 1: update pointsman`,
    });
  });

  it('refuses to go on after it was closed, and counts what it held then', async () => {
    const store = await FeedbackStore.open(path);
    store.remember(decisionRecord());
    await store.close();
    await store.close();
    expect(store.counts).toEqual({ pending: 1, scored: 0, lost: 0 });
    store.remember(decisionRecord());
    await expect(store.feedback('x', 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('has every score that was acknowledged before its process was killed', async () => {
    const built = (name: string) => pathToFileURL(join(packageRoot(), 'dist', 'lib', name)).href;
    const program = join(packageRoot(), 'test', 'feedback', 'killed-writer.mjs');
    const child = spawn(process.execPath, [
      program,
      built('feedback/store.js'),
      built('decision-marks.js'),
      path,
    ]);
    let acknowledged = '';
    const enough = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        acknowledged += chunk;
        if (acknowledged.length > 300 * 37) resolve();
      });
      child.on('exit', () => reject(new Error('the writer ended by itself')));
    });
    await enough;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    await ended;
    const lines = acknowledged.split('\n').filter((line) => line.length === 36);
    await using store = await FeedbackStore.open(path);
    const scored = [...store.scored()];
    const stored = new Set(scored.map(({ id }) => id));
    expect(lines.length).toBeGreaterThan(290);
    expect(lines.filter((id) => !stored.has(id))).toEqual([]);
    for (const record of scored) expect(record.features).toEqual(new Uint16Array(784).fill(0x3c00));
  });
});

describe('the router option feedback', () => {
  it('refuses what cannot be', () => {
    const refuse = (options: object, message: string) =>
      expect(() => resolveRouterFeedback(options as never)).toThrow(message);
    refuse({}, 'feedback.path must be the folder of the feedback store');
    refuse({ path: 'x', maxPending: 0 }, 'maxPending must be a number from 1 to');
    refuse({ path: 'x', maxPendingDays: 0 }, 'maxPendingDays must be more than 0');
    refuse({ path: 'x', keepPrompts: 1 }, 'keepPrompts must be true or false, got 1');
    refuse(
      { path: 'x', maxPendin: 1 },
      'unknown feedback option "maxPendin", did you mean "maxPending"?; known: path, maxPending, maxPendingDays, maxScored, keepPrompts',
    );
    expect(resolveRouterFeedback(undefined)).toBeNull();
  });
});

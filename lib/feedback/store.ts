import { access, constants, mkdir, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { checkNames, checkNumber, describe } from '../check.ts';
import { firstIdAt } from '../decision-marks.ts';
import { PointsmanError } from '../errors.ts';
import { importPeer } from '../onnx/import-peer.ts';
import { type FeedbackStoreOptions, resolveStoreOptions } from './options.ts';
import {
  type DecisionRecord,
  decodeDecision,
  decodeFeedback,
  encodeRecord,
  type FeedbackRecord,
  type StoredRecord,
  type StoredRouter,
} from './records.ts';

/** Raised when an older reader could misread newer records. */
const formatVersion = 1;
const format = { format: 'pointsman-feedback', version: formatVersion } as const;

/** Decisions between two looks at what must go: the limits hold to that many. */
const sweepEvery = 256;
/** Removed in one write. */
const sweepAtOnce = 4096;

const msPerDay = 86_400_000;

/** How a decision turned out, beside its score. */
export interface FeedbackDetails {
  /** What the request was charged in USD, 0 or more. */
  readonly costUsd?: number;
}

/** How much a store holds. */
export interface FeedbackCounts {
  /** Decisions without a score. */
  readonly pending: number;
  readonly scored: number;
  /** Decisions that could not be written since the store was opened: disk full, no permission, ... */
  readonly lost: number;
}

/**
 * Decisions and how good their answers were, in an LMDB environment: a folder that several processes may have open at once,
 * such as a service and `pointsman refit`. Writes are transactions; a process that is killed loses what was not committed and
 * leaves the rest whole.
 */
export class FeedbackStore {
  readonly #root: RootDatabase<unknown, string>;
  readonly #path: string;
  readonly #routers: Database<StoredRouter, string>;
  readonly #pending: Database<StoredRecord, string>;
  readonly #scored: Database<StoredRecord, string>;
  readonly #options: ReturnType<typeof resolveStoreOptions>;
  /** Decisions on their way to disk, which reads do not see yet. */
  readonly #underWay = new Map<string, DecisionRecord>();
  #sinceSweep = 0;
  #lost = 0;
  #lastCounts: FeedbackCounts = { pending: 0, scored: 0, lost: 0 };
  #closed = false;

  private constructor(
    root: RootDatabase<unknown, string>,
    path: string,
    options: ReturnType<typeof resolveStoreOptions>,
  ) {
    this.#root = root;
    this.#path = path;
    this.#options = options;
    this.#routers = root.openDB({ name: 'routers' });
    this.#pending = root.openDB({ name: 'pending' });
    this.#scored = root.openDB({ name: 'scored' });
  }

  /**
   * Opens the store in a folder, which is made where it does not exist, but for `readOnly`.
   * Rejects with ERR_PEER_MISSING where the package lmdb is not installed, ERR_FILE_NOT_FOUND (`readOnly`), ERR_IO,
   * ERR_CORRUPT_FILE for a folder or database of something else, or ERR_UNSUPPORTED for a store of a newer version.
   */
  static async open(path: string, options: FeedbackStoreOptions = {}): Promise<FeedbackStore> {
    const resolved = resolveStoreOptions(options);
    const { open } = await importPeer('lmdb', () => import('lmdb'));
    const exists = await checkDatabase(join(path, 'data.mdb'));
    if (resolved.readOnly && !exists) {
      throw new PointsmanError('ERR_FILE_NOT_FOUND', `there is no feedback store in ${path}`);
    }
    let root: RootDatabase<unknown, string>;
    try {
      if (!resolved.readOnly) await mkdir(path, { recursive: true });
      await access(path, resolved.readOnly ? constants.R_OK : constants.W_OK);
      // What is committed is on disk: with overlappingSync, the default, it would be so some time afterwards.
      root = open({ path, maxDbs: 8, noSubdir: false, overlappingSync: false, readOnly: resolved.readOnly });
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new PointsmanError('ERR_IO', `the feedback store in ${path} cannot be opened: ${detail}`, {
        cause,
      });
    }
    try {
      await checkFormat(root, path, exists);
      const store = new FeedbackStore(root, path, resolved);
      if (!resolved.readOnly) await store.#sweep();
      return store;
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  /** As of now, or of when the store was closed. */
  get counts(): FeedbackCounts {
    if (!this.#closed) this.#lastCounts = this.#count();
    return this.#lastCounts;
  }

  /** Whether prompts are to be kept too. */
  get keepsPrompts(): boolean {
    return this.#options.keepPrompts;
  }

  /** Makes a router known, whose decisions can then be remembered. */
  async addRouter(id: string, router: StoredRouter): Promise<void> {
    await this.#write(() => this.#routers.put(id, router));
  }

  /** By the id that records name them with. */
  routers(): ReadonlyMap<string, StoredRouter> {
    return new Map(Array.from(this.#routers.getRange(), ({ key, value }) => [key, value]));
  }

  /**
   * Keeps a decision until it is scored or too old. Not waited for, and never an error: a process that is killed at once may
   * lose it, and what cannot be written is counted in `counts.lost`.
   */
  remember(decision: DecisionRecord): void {
    if (this.#closed) return;
    const { id } = decision;
    this.#underWay.set(id, decision);
    void this.#write(() => this.#pending.put(id, encodeRecord(decision)))
      .catch(() => {
        this.#lost += 1;
      })
      .finally(() => this.#underWay.delete(id));
    this.#sinceSweep += 1;
    if (this.#sinceSweep >= sweepEvery) void this.#sweep().catch(() => {}); // tried again after as many more
  }

  /**
   * Says how good the answer of a decision was. Once it resolves the score is on disk. Another score for the same decision
   * takes the place of the first. Rejects with ERR_INVALID_ARGUMENT, ERR_UNKNOWN_DECISION, ERR_CLOSED or ERR_IO.
   */
  async feedback(decisionId: string, score: number, details: FeedbackDetails = {}): Promise<void> {
    if (this.#closed) throw new PointsmanError('ERR_CLOSED', 'the feedback store was closed');
    checkNumber('score', score, 0, 1);
    checkNames(details, ['costUsd'], 'feedback detail');
    const { costUsd } = details;
    if (costUsd !== undefined) checkNumber('costUsd', costUsd, 0, Number.MAX_VALUE);
    const decision = this.#find(decisionId);
    const record: FeedbackRecord = { ...decision, score, paidUsd: costUsd ?? null, scoredAt: Date.now() };
    await this.#write(() =>
      this.#scored.batch(() => {
        void this.#scored.put(decisionId, encodeRecord(record));
        void this.#pending.remove(decisionId);
      }),
    );
  }

  /**
   * Scores in the order of the decisions: every one, or the newest. Throws ERR_CORRUPT_FILE for a record that is not one.
   * @param options.newest at most so many
   */
  *scored({
    newest = Number.POSITIVE_INFINITY,
  }: {
    readonly newest?: number;
  } = {}): Iterable<FeedbackRecord> {
    const offset = Math.max(0, countOf(this.#scored) - newest);
    for (const { key, value } of this.#scored.getRange({ offset })) {
      const record = decodeFeedback(key, value);
      if (record === null) throw this.#corrupt(key);
      yield record;
    }
  }

  /** Waits for what is on its way to disk. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#root.committed;
    this.#lastCounts = this.#count();
    this.#closed = true;
    await this.#root.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #count(): FeedbackCounts {
    return { pending: countOf(this.#pending), scored: countOf(this.#scored), lost: this.#lost };
  }

  #find(id: unknown): DecisionRecord {
    if (typeof id !== 'string' || id === '') {
      throw new PointsmanError(
        'ERR_INVALID_ARGUMENT',
        `decisionId must be the id of a decision, got ${describe(id)}`,
      );
    }
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return underWay;
    const stored: unknown = this.#pending.get(id) ?? this.#scored.get(id);
    if (stored === undefined) {
      const { maxPending, maxPendingDays } = this.#options;
      throw new PointsmanError(
        'ERR_UNKNOWN_DECISION',
        `no decision ${describe(id)} is stored: decisions wait ${maxPendingDays} days for a score, and the last ${maxPending} at most`,
      );
    }
    const record = decodeDecision(id, stored);
    if (record === null) throw this.#corrupt(id);
    return record;
  }

  /** Drops decisions that nobody scored, and the oldest scores, as far as they are past the limits. */
  async #sweep(): Promise<void> {
    this.#sinceSweep = 0;
    const { maxPending, maxPendingDays, maxScored } = this.#options;
    const oldest = firstIdAt(Date.now() - maxPendingDays * msPerDay);
    await Promise.all([
      removeAll(this.#pending, [...this.#pending.getKeys({ end: oldest, limit: sweepAtOnce })]),
      removeAll(this.#pending, firstKeys(this.#pending, maxPending)),
      removeAll(this.#scored, firstKeys(this.#scored, maxScored)),
    ]);
  }

  async #write(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new PointsmanError('ERR_IO', `the feedback store in ${this.#path} cannot be written: ${detail}`, {
        cause,
      });
    }
  }

  #corrupt(id: string): PointsmanError {
    return new PointsmanError(
      'ERR_CORRUPT_FILE',
      `the feedback store in ${this.#path} holds something else than a record under ${describe(id)}`,
    );
  }
}

/** Marks a new store, and knows an old one by its mark. */
async function checkFormat(
  root: RootDatabase<unknown, string>,
  path: string,
  exists: boolean,
): Promise<void> {
  const about = root.openDB<unknown, string>({ name: 'about' });
  const found = about.get('format');
  if (found === undefined && !exists) {
    await about.put('format', format);
    return;
  }
  const isStore = typeof found === 'object' && found !== null && 'format' in found && 'version' in found;
  if (!isStore || found.format !== format.format) {
    throw new PointsmanError('ERR_CORRUPT_FILE', `${path} holds a database that is no feedback store`);
  }
  if (found.version === formatVersion) return;
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `the feedback store in ${path} has format version ${String(found.version)}, this pointsman reads ${formatVersion}: update pointsman`,
  );
}

function countOf(database: Database<StoredRecord, string>): number {
  const { entryCount } = database.getStats() as { readonly entryCount?: number };
  return entryCount ?? 0;
}

/** The first keys, of which there are more than `most`. */
function firstKeys(database: Database<StoredRecord, string>, most: number): string[] {
  const surplus = Math.min(sweepAtOnce, countOf(database) - most);
  return surplus > 0 ? [...database.getKeys({ limit: surplus })] : [];
}

async function removeAll(database: Database<StoredRecord, string>, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => database.remove(key)));
}

/** Where LMDB's mark stands in the first page, and what it is. */
const magicAt = 24;
const magic = 0xbeefc0de;

/**
 * Whether there is a file, which must then be LMDB's: the package, 3.5, takes the process down where it is not.
 */
async function checkDatabase(path: string): Promise<boolean> {
  const bytes = Buffer.alloc(magicAt + 4);
  try {
    const file = await openFile(path);
    try {
      await file.read(bytes);
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
  if (bytes.readUInt32LE(magicAt) === magic) return true;
  throw new PointsmanError('ERR_CORRUPT_FILE', `${path} is no LMDB database`);
}

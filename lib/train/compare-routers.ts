import { basename, resolve } from 'node:path';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import { type ComparedInput, type Comparison, compare } from '../evaluate/compare.ts';
import { selectColumns } from '../evaluate/select-columns.ts';
import type { EmbeddedTable } from './embed-table.ts';
import {
  evaluationOptions,
  type HeldRouter,
  type HoldOptions,
  heldInputWithIntervals,
  heldValidation,
  holdRouter,
  readTable,
} from './held-router.ts';

export interface CompareRoutersOptions extends HoldOptions {
  /** Two or more router folders; the others are compared with the first. */
  readonly routers: readonly string[];
}

/**
 * Compares routers on the rows that all of them may be evaluated on and the models that all of them know, at the prices of
 * `models`, else the first router's. Each router's settings are chosen on its own validation rows.
 * Rejects as `evaluateRouter` does, and with ERR_INVALID_DATA where no row or fewer than two models are common to all.
 */
export async function compareRouters(options: CompareRoutersOptions): Promise<Comparison> {
  const { routers } = options;
  if (routers.length < 2) {
    const message = `compare: expected two or more routers, got ${routers.length}`;
    throw new PointsmanError('ERR_INVALID_ARGUMENT', message);
  }
  const data = await readTable(options);
  const held: HeldRouter[] = [];
  const known = new Map<string, EmbeddedTable>();
  for (const folder of routers) held.push(await holdRouter(folder, data, options, known));
  const ground = commonGround(held, data);
  const { policy, resamples } = evaluationOptions(options, '');
  return compare(inputsOf(held, namesOf(routers), ground), {
    ...(policy === undefined ? {} : { policy }),
    ...(resamples === undefined ? {} : { resamples }),
    notes: ground.notes,
    onProgress: (router, done, total) =>
      options.onProgress?.({ stage: `resampling, ${router}`, done, total }),
  });
}

interface Ground {
  readonly rows: readonly number[];
  readonly models: readonly string[];
  readonly notes: readonly string[];
}

function commonGround(held: readonly HeldRouter[], data: RoutingTable): Ground {
  const rowSets = held.map(({ rows }) => new Set(rows.evaluated));
  const rows = [...data.prompts.keys()].filter((row) => rowSets.every((set) => set.has(row)));
  const [first] = held;
  const known = first?.table.models ?? [];
  const models = known.filter((model) =>
    held.every(({ table }) => data.models.includes(model) && table.models.includes(model)),
  );
  if (rows.length === 0) {
    const seeds = held.map(({ artifact }) => artifact.manifest.data.seed).join(', ');
    const advice = `their splits have seeds ${seeds}: train them with one seed, or compare on all rows (--rows all)`;
    throw new PointsmanError('ERR_INVALID_DATA', `the routers have no test rows in common; ${advice}`);
  }
  if (models.length < 2) {
    const names = held.map(({ table }) => table.models.join(', ')).join('; ');
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      `the routers and the data have ${models.length} models in common: ${names}`,
    );
  }
  const all = new Set(held.flatMap(({ table }) => table.models));
  const notes: string[] = [];
  const most = Math.max(...rowSets.map((set) => set.size));
  if (rows.length < most) notes.push(`${rows.length} rows may be used with every router, of up to ${most}`);
  if (models.length < all.size) {
    const left = [...all].filter((model) => !models.includes(model));
    notes.push(`not known to every router or not in the data, left out: ${left.join(', ')}`);
  }
  return { rows, models, notes };
}

function inputsOf(
  held: readonly HeldRouter[],
  names: readonly string[],
  { rows, models }: Ground,
): ComparedInput[] {
  const taken = new Set(rows);
  const [first] = held;
  const prices = first?.prices ?? new Map();
  const inputs = held.map((router) => {
    const samePrices = { ...router, prices };
    const own = heldValidation(samePrices, taken);
    const { input, notes } = heldInputWithIntervals(samePrices, rows);
    return {
      input: selectColumns(input, models),
      notes: [...router.rows.notes, ...notes],
      ...(own === null ? {} : { validation: selectColumns(own, models) }),
    };
  });
  // Where the data states no tokens they are counted, by encoders that may differ: all are scored on one count.
  const costsUsd = inputs[0]?.input.costsUsd ?? [];
  return inputs.map((one, index) => ({
    ...one,
    name: names[index] ?? '',
    input: { ...one.input, costsUsd },
  }));
}

/** Folder names; whole paths where two folders are named alike. */
function namesOf(folders: readonly string[]): string[] {
  const names = folders.map((folder) => basename(resolve(folder)));
  return new Set(names).size === names.length ? names : [...folders];
}

import type { RouterManifest } from '../artifact/schema.ts';
import { suggestion } from '../check.ts';
import { selectModels } from '../data/select-models.ts';
import { splitRows } from '../data/split.ts';
import { subsetTable } from '../data/subset.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';

/** Fewer cannot be told from luck, whatever is fitted. */
const leastRows = 10;

/**
 * The rows that the new model was scored on, with the columns of the router's models and then the new one.
 * Throws ERR_INVALID_ARGUMENT where the router has the model, ERR_UNKNOWN_MODEL where the data lacks it or scores models
 * that are not the router's, ERR_INVALID_DATA for fewer than 10 rows.
 */
export function selectLabelled(table: RoutingTable, old: readonly string[], model: string): RoutingTable {
  if (old.includes(model)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `the router has the model "${model}" already: give the new model another id, or train the router anew`,
    );
  }
  const column = table.models.indexOf(model);
  if (column < 0) {
    throw new PointsmanError(
      'ERR_UNKNOWN_MODEL',
      `the data has no scores of "${model}"${suggestion(model, table.models)}; it scores ${table.models.join(', ')}`,
    );
  }
  const strangers = table.models.filter((id) => id !== model && !old.includes(id));
  if (strangers.length > 0) {
    throw new PointsmanError(
      'ERR_UNKNOWN_MODEL',
      `the data scores ${strangers.join(', ')}, which the router does not know: leave these columns out, correct their names, or onboard one model after the other with data of its own; the router knows ${old.join(', ')}`,
    );
  }
  const labelled = [...table.prompts.keys()].filter(
    (row) => !Number.isNaN(table.scores[row * table.models.length + column]),
  );
  if (labelled.length < leastRows) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      `the data scores "${model}" on ${labelled.length} prompts, at least ${leastRows} are needed: score more prompts, 25 or better 100`,
    );
  }
  return selectModels(subsetTable(table, labelled), [...old, model]).table;
}

/**
 * Which rows the router may have been trained on, or have had its settings chosen on: where the data is a file that it was
 * trained on, all but the rows it kept aside for testing.
 */
export function seenInTraining(table: RoutingTable, { data }: RouterManifest): boolean[] {
  const isSame = table.origin.some(({ sha256 }) => data.origin.some((origin) => origin.sha256 === sha256));
  if (!isSame) return table.prompts.map(() => false);
  const { seed, fractions } = data;
  const { test } = splitRows(table.groups, {
    seed,
    train: 1 - fractions.validation - fractions.test,
    ...fractions,
  });
  const kept = new Set(fractions.test === 0 ? [] : test);
  return table.prompts.map((_, row) => !kept.has(row));
}

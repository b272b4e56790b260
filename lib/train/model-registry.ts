import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RouterManifest } from '../artifact/schema.ts';
import { type ModelEntry, readModels } from '../data/models.ts';

/** Where models.json is: as the caller says, else beside the first data file; none: an empty registry. */
export async function readRegistry(options: {
  readonly models?: string | undefined;
  readonly data: readonly string[];
}): Promise<ReadonlyMap<string, ModelEntry>> {
  if (options.models !== undefined) return readModels(options.models);
  const beside = join(dirname(options.data[0] ?? '.'), 'models.json');
  return existsSync(beside) ? readModels(beside) : new Map();
}

/** The facts that models.json states of a model, nothing where it states none. */
export function factsOf(entry: ModelEntry | undefined): Pick<RouterManifest['models'][number], 'facts'> {
  const { modalities, ...facts } = entry?.facts ?? {};
  const stated = { ...facts, ...(modalities === undefined ? {} : { modalities: [...modalities] }) };
  return Object.keys(stated).length === 0 ? {} : { facts: stated };
}

/**
 * Families of models, by id: what the caller states, else the first word of the id's last part ('meta/Llama-3.1-8B' is
 * 'llama', 'gpt-4o' is 'gpt'), in lower case and without version digits at its end.
 * @param stated family by model id, such as models.json states
 */
export function familiesOf(
  models: readonly string[],
  stated: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  return models.map((id) => stated.get(id) ?? derivedFamily(id));
}

function derivedFamily(id: string): string {
  const name = id.slice(id.lastIndexOf('/') + 1).toLowerCase();
  const words = name.split(/[-_.: ]+/).map((word) => word.replace(/\d+$/, ''));
  // Some ids begin with the maker: 'Meta-Llama-3-8B'.
  const [first = '', second = ''] = words.filter((word) => word !== '');
  return makers.has(first) && second !== '' ? second : first || name;
}

/** Makers whose name stands before the family's. */
const makers: ReadonlySet<string> = new Set(['meta', 'code', 'open', 'microsoft', 'google', 'mistralai']);

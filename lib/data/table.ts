/**
 * The one shape every reader produces and everything else consumes: prompts by models, NaN where a cell is missing.
 * A NaN in the source data never gets here (readers refuse it); NaN in a table always means "not run" or "not known".
 */
export interface RoutingTable {
  /** Model ids, the column order of every matrix. */
  readonly models: readonly string[];
  readonly ids: readonly string[];
  readonly prompts: readonly string[];
  /** Benchmark and subtask; '' where the data has none. */
  readonly sources: readonly string[];
  /** Rows that share a group (a rule, a template, a duplicated text) must stay on one side of every split. */
  readonly groups: readonly string[];
  /** [rows, models] in [0, 1], NaN: the model was not run on the prompt. */
  readonly scores: Float32Array;
  /** [rows, models] measured USD, NaN: not known. */
  readonly costsUsd: Float64Array;
  /** [rows, models], NaN: not known. */
  readonly inputTokens: Float32Array;
  /** [rows, models], NaN: not known. */
  readonly outputTokens: Float32Array;
  /** Where it came from, with a content hash, for the artifact's provenance. */
  readonly origin: readonly DataOrigin[];
}

export interface DataOrigin {
  /** File name without its folder. */
  readonly name: string;
  readonly sha256: string;
  readonly rows: number;
}

export function rowCount(table: RoutingTable): number {
  return table.prompts.length;
}

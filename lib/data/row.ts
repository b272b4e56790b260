/** One prompt as a reader hands it over: checked, whatever the file format. Maps are by model id. */
export interface DataRow {
  /** File and line or row, for messages. */
  readonly where: string;
  /** null where the data names none: the table builder makes one up. */
  readonly id: string | null;
  readonly prompt: string;
  /** '' where the data has none. */
  readonly source: string;
  /** Rows with the same title share a rule or a template. */
  readonly title: string | null;
  /** Id of another row, present or not, with the same text. */
  readonly dupOf: string | null;
  readonly contaminated: boolean;
  /** A model that is not a key was not run. Empty only where prompts alone were asked for. */
  readonly scores: ReadonlyMap<string, number>;
  readonly costsUsd: ReadonlyMap<string, number>;
  readonly inputTokens: ReadonlyMap<string, number>;
  readonly outputTokens: ReadonlyMap<string, number>;
}

import { PointsmanError } from '../errors.ts';
import { invalidData, shown } from './fields.ts';
import { groupRows } from './groups.ts';
import type { DataRow } from './row.ts';
import type { DataOrigin, RoutingTable } from './table.ts';

type Amounts = Pick<DataRow, 'scores' | 'costsUsd' | 'inputTokens' | 'outputTokens'>;

/** Cells of one matrix as they come, before the number of models is known. */
class SparseCells {
  readonly #rows: number[] = [];
  readonly #columns: number[] = [];
  readonly #values: number[] = [];

  add(row: number, column: number, value: number): void {
    this.#rows.push(row);
    this.#columns.push(column);
    this.#values.push(value);
  }

  /** Writes the cells into the row-major matrix `into`, NaN elsewhere. */
  fill<T extends Float32Array | Float64Array>(into: T, columns: number): T {
    into.fill(Number.NaN);
    for (const [i, value] of this.#values.entries()) {
      into[(this.#rows[i] ?? 0) * columns + (this.#columns[i] ?? 0)] = value;
    }
    return into;
  }
}

/** Joins the rows of any number of files: models are their union in the order they are first seen. */
export class TableBuilder {
  readonly #columns = new Map<string, number>();
  /** Models that have been scored somewhere. */
  readonly #scored = new Set<string>();
  /** Where a model was first named by a cost or a token count. */
  readonly #mentioned = new Map<string, string>();
  readonly #places = new Map<string, string>();
  readonly #ids: string[] = [];
  readonly #rows: Pick<DataRow, 'id' | 'prompt' | 'title' | 'dupOf' | 'source'>[] = [];
  readonly #cells = {
    scores: new SparseCells(),
    costsUsd: new SparseCells(),
    inputTokens: new SparseCells(),
    outputTokens: new SparseCells(),
  };

  get rows(): number {
    return this.#ids.length;
  }

  /** @param fallbackId the row's id where it has none of its own. */
  add(row: DataRow, fallbackId: string): void {
    const id = row.id ?? fallbackId;
    const place = this.#places.get(id);
    if (place !== undefined) {
      throw invalidData(
        row.where,
        `id: expected one that no other row has, got ${shown(id)}, which is at ${place}`,
      );
    }
    this.#places.set(id, row.where);
    for (const model of row.scores.keys()) this.#scored.add(model);
    this.#addCells('scores', row);
    this.#addCells('costsUsd', row);
    this.#addCells('inputTokens', row);
    this.#addCells('outputTokens', row);
    this.#ids.push(id);
    const { prompt, title, dupOf, source } = row;
    this.#rows.push({ id: row.id, prompt, title, dupOf, source });
  }

  #addCells(kind: keyof Amounts, row: DataRow): void {
    for (const [model, value] of row[kind]) {
      const column = this.#columns.get(model) ?? this.#columns.size;
      if (column === this.#columns.size) this.#columns.set(model, column);
      if (!this.#scored.has(model) && !this.#mentioned.has(model)) this.#mentioned.set(model, row.where);
      this.#cells[kind].add(this.#ids.length, column, value);
    }
  }

  /** @param files what was read, for the message if there was no row in it. */
  finish(origin: readonly DataOrigin[], files: string): RoutingTable {
    if (this.rows === 0) throw new PointsmanError('ERR_INVALID_DATA', `${files}: expected rows, got none`);
    for (const [model, where] of this.#mentioned) {
      if (this.#scored.has(model)) continue;
      throw invalidData(where, `a cost or token count names the model ${shown(model)}, which no row scores`);
    }
    const models = [...this.#columns.keys()];
    const size = this.rows * models.length;
    const { scores, costsUsd, inputTokens, outputTokens } = this.#cells;
    return {
      models,
      ids: this.#ids,
      prompts: this.#rows.map(({ prompt }) => prompt),
      sources: this.#rows.map(({ source }) => source),
      groups: groupRows(this.#rows),
      scores: scores.fill(new Float32Array(size), models.length),
      costsUsd: costsUsd.fill(new Float64Array(size), models.length),
      inputTokens: inputTokens.fill(new Float32Array(size), models.length),
      outputTokens: outputTokens.fill(new Float32Array(size), models.length),
      origin,
    };
  }
}

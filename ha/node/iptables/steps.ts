// steps — which rows to add and to delete, and the input of `iptables-restore` for it.

import { type Family, families, lineOf, type Row, type Table, tables } from '../rule-set.ts';
import type { SavedRow } from './save.ts';

export interface Step {
  readonly act: 'insert' | 'delete';
  /** A row to be deleted is exactly as it was listed. */
  readonly row: Row;
  readonly line: string;
}

/**
 * Adds what is missing, and deletes what would undo it; other rows are left alone.
 *
 * A row that is there twice is deleted twice and inserted once: a deletion takes the first match, and the row that is left
 * could stand behind a rule that drops everything. Each row is inserted at the head, the last one first, so that they are
 * listed in the order of `wanted`.
 */
export function stepsFrom(
  found: readonly SavedRow[],
  wanted: readonly Row[],
  unwanted: readonly Row[],
): readonly Step[] {
  const copies = new Map<string, SavedRow[]>(wanted.map((row) => [lineOf(row), []]));
  for (const row of found) copies.get(row.line)?.push(row);
  const several = [...copies.values()].filter((rows) => rows.length > 1).flat();
  const undone = new Set(unwanted.map(lineOf));
  const lacking = wanted.filter((row) => copies.get(lineOf(row))?.length !== 1).toReversed();
  return inOrder([
    ...several.map(deletion),
    ...found.filter(({ line }) => undone.has(line)).map(deletion),
    ...lacking.map((row): Step => ({ act: 'insert', row, line: lineOf(row) })),
  ]);
}

/** In the order of a removal: what makes packets untracked goes before what lets them in. */
export function removalOf(rows: readonly SavedRow[]): readonly Step[] {
  return inOrder(rows.map(deletion), tables.toReversed());
}

/** Empty when no step is of that family. */
export function inputOf(steps: readonly Step[], family: Family): string {
  const own = steps.filter(({ row }) => row.family === family);
  const named = [...new Set(own.map(({ row }) => row.table))];
  const lines = named.flatMap((table) => [
    `*${table}`,
    ...own
      .filter(({ row }) => row.table === table)
      .map(({ act, row }) => `${act === 'insert' ? '-I' : '-D'} ${row.chain} ${row.spec}`),
    'COMMIT',
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

// ---------------------------------------------------------------------------------------------------------------------

function deletion({ line, ...row }: SavedRow): Step {
  return { act: 'delete', row, line };
}

/** One family after the other, table by table. */
function inOrder(steps: readonly Step[], order: readonly Table[] = tables): readonly Step[] {
  return families.flatMap((family) =>
    order.flatMap((table) => steps.filter(({ row }) => row.family === family && row.table === table)),
  );
}

// steps — what to add and what to delete, and how `iptables-restore` is told.

import { type Family, families, lineOf, type Row, type Table, tables } from '../rule-set.ts';
import type { SavedRow } from './save.ts';

export interface Step {
  readonly act: 'insert' | 'delete';
  /** Of a row to be deleted, exactly as it was listed. */
  readonly row: Row;
  readonly line: string;
}

/**
 * Adds what is missing; rows that are not wanted are left alone.
 *
 * Of a row that is there twice, all are deleted and one is inserted: deleting takes the first that matches, and the one
 * that was left could stand behind a rule that drops everything. Each is inserted at the head, the last of them first,
 * so that they are listed in the order of `wanted`.
 */
export function stepsFrom(found: readonly SavedRow[], wanted: readonly Row[]): readonly Step[] {
  const copies = new Map<string, SavedRow[]>(wanted.map((row) => [lineOf(row), []]));
  for (const row of found) copies.get(row.line)?.push(row);
  const several = [...copies.values()].filter((rows) => rows.length > 1).flat();
  const lacking = wanted.filter((row) => copies.get(lineOf(row))?.length !== 1).toReversed();
  return inOrder([
    ...several.map(deletion),
    ...lacking.map((row): Step => ({ act: 'insert', row, line: lineOf(row) })),
  ]);
}

/** What makes packets untracked goes before what lets them in. */
export function removalOf(rows: readonly SavedRow[]): readonly Step[] {
  return inOrder(rows.map(deletion), tables.toReversed());
}

/** Empty when the steps have nothing of the family. */
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

/** As they are carried out: one family after the other, table by table. */
function inOrder(steps: readonly Step[], order: readonly Table[] = tables): readonly Step[] {
  return families.flatMap((family) =>
    order.flatMap((table) => steps.filter(({ row }) => row.family === family && row.table === table)),
  );
}

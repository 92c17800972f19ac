// tables.test — tables on pages are those of the program, and what a page quotes of another is still there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../repository/files.ts';
import { marked } from './blocks.ts';
import { pageAt } from './pages.ts';
import { fieldTables } from './status-fields.ts';
import { exitCodeTable, optionTable } from './tables.ts';

const first = pageAt('README.md');
const options = pageAt('src/options/README.md');

/** The rows of a table, without its head. */
function rowsOf(table: string | undefined): string[] {
  const lines = (table ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2);
}

test('the table of flags is the option table', () => {
  assert.equal(marked(options.text, 'options'), optionTable());
});

test('the table of exit codes is that of the program', () => {
  assert.equal(marked(options.text, 'exit codes'), exitCodeTable());
});

test('the fields of a status are those of its types', () => {
  const page = pageAt('src/admin/status.md');
  const source = readText('src/status.ts');
  const shown = [...source.matchAll(/^export interface (\w+)/gm)]
    .map(([, name]) => name!)
    .filter((name) => !/Counters$/.test(name));
  const told = [...page.text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
  assert.deepEqual(
    shown.filter((name) => !told.includes(name)),
    [],
  );
  const status = told.filter((name) => name !== 'Finding');
  assert.equal(marked(page.text, 'status'), fieldTables(source, status));
  assert.equal(marked(page.text, 'finding'), fieldTables(readText('src/admin/finding.ts'), ['Finding']));
});

test('the first page shows five flags, as the option table has them', () => {
  const shown = rowsOf(marked(first.text, 'five flags'));
  assert.equal(shown.length, 5);
  const all = rowsOf(optionTable());
  assert.deepEqual(
    shown.filter((row) => !all.includes(row)),
    [],
  );
});

for (const [what, path] of [
  ['bench', 'test/bench/README.md'],
  ['chaos', 'chaos/README.md'],
] as const) {
  test(`what the first page shows of the ${what} is on the page of the ${what}`, () => {
    const shown = rowsOf(marked(first.text, what));
    const all = rowsOf(marked(pageAt(path).text, what));
    assert.ok(shown.length >= 3 && all.length > shown.length);
    assert.deepEqual(
      shown.filter((row) => !all.includes(row)),
      [],
    );
  });
}

test('the first page stays one that is read to its end', () => {
  assert.ok(first.text.split('\n').length <= 220);
});

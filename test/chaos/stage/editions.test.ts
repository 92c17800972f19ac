// editions.test — each edition that a scenario asks for can be made of the program as it is shipped, and differs from it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scenarios } from '../../../chaos/scenarios/all.ts';
import { otherVersion, programOf } from '../../../chaos/stage/editions.ts';

const asked = scenarios.flatMap(({ changes }) => changes?.edition ?? []);

test('each edition can be made', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'editions-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const shipped = readFileSync(programOf(undefined, folder), 'utf8');
  assert.ok(asked.length > 0);
  for (const edition of [...asked, otherVersion]) {
    assert.notEqual(readFileSync(programOf(edition, folder), 'utf8'), shipped, edition.name);
  }
});

test('one that would change nothing is refused', () => {
  const nothing = { name: 'nothing', pattern: /there is no such text in it/, replacement: '' };
  assert.throws(() => programOf(nothing, tmpdir()), /0 times, not once/);
});

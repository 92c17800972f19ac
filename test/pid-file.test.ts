// pid-file.test — the number is in the file while the process serves, and a file of another process stays.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writePidFile } from '../src/pid-file.ts';

test('it is written, and removed by its process alone; one that cannot be written is told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-pid-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pid');
  const errors: unknown[] = [];
  const log = { error: (_text: string, fields?: unknown) => void errors.push(fields) };
  const remove = writePidFile(path, log);
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  writeFileSync(path, '1\n');
  remove();
  assert.equal(readFileSync(path, 'utf8'), '1\n');
  writePidFile(path, log)();
  assert.equal(existsSync(path), false);
  assert.deepEqual(errors, []);
  writePidFile(join(folder, 'absent', 'pid'), log)();
  assert.match(JSON.stringify(errors), /absent\/pid/);
});

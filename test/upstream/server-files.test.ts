// server-files.test — a file that names no server when another plan is made of it has those it named before.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Endpoint } from '../../src/config.ts';
import { watchServerFiles } from '../../src/upstream/server-files.ts';

test('a plan that is read while the file is empty goes on with the servers of the plan before', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-servers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'resolv.conf');
  const known = new Map<string, readonly Endpoint[]>();
  const warned: string[] = [];
  const log = { info() {}, warn: (text: string) => void warned.push(text) };
  const read = (text: string) => {
    writeFileSync(path, text);
    const told: (readonly Endpoint[])[] = [];
    watchServerFiles(
      [path],
      () => [],
      log,
      (servers) => void told.push(servers),
      known,
    )();
    return told;
  };
  const server = { address: '192.0.2.1', port: 53 };
  assert.deepEqual(read(''), [[]]);
  assert.deepEqual(read('nameserver 192.0.2.1\n'), [[server]]);
  assert.deepEqual(read('# being written\n'), [[server]]);
  assert.equal(warned.length, 2);
});

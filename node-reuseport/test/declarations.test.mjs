// declarations.test — index.d.ts and arena.d.ts declare what index.js exports, no more and no less.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as reuseport from 'node-reuseport';
import { addon } from './lab/copy.mjs';

const text = ['index', 'arena']
  .map((name) => readFileSync(new URL(`../${name}.d.ts`, import.meta.url), 'utf8'))
  .join('');
const exported = { ...reuseport };
const declared = [...text.matchAll(/^export (function|class|const) (\w+)(?:: (\w+);)?/gm)];

test('every export is declared and every declaration exported, as what it is', () => {
  const names = new Set(declared.map(([, , name]) => name)); // a function may be declared once for each way to call it
  assert.deepEqual([...names].sort(), Object.keys(exported).sort());
  for (const [, kind, name, value] of declared) {
    const found = exported[name];
    if (kind === 'const') assert.equal(found, Number(value), name);
    else assert.equal(typeof found, 'function', name);
    if (kind === 'class') assert.match(name, /^[A-Z]/);
  }
});

test('every number declared is the one that C uses, and all that C gives away are declared', () => {
  const numbers = declared.filter(([, kind]) => kind === 'const');
  const given = Object.entries(createRequire(import.meta.url)(addon));
  assert.deepEqual(
    Object.fromEntries(numbers.map(([, , name, value]) => [name, Number(value)])),
    Object.fromEntries(given.filter(([, value]) => typeof value === 'number')),
  );
  assert.deepEqual(given.map(([name]) => name).sort(), Object.keys(exported).sort());
});

test('every property and method of a class is declared and there', () => {
  const arena = new reuseport.Arena({});
  const fence = new reuseport.Fence(arena.fd, reuseport.HEAD_USER);
  const objects = { Arena: arena, Fence: fence, Poller: new reuseport.Poller(() => {}) };
  for (const [name, object] of Object.entries(objects)) {
    const body = new RegExp(`^export class ${name} \\{(.*?)^\\}`, 'ms').exec(text)[1];
    const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map((match) => match[1]);
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
    assert.deepEqual(members.sort(), [...new Set([...Object.keys(object), ...methods])].sort(), name);
  }
  objects.Poller.close();
});

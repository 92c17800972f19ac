// heap.test — the program's first line and the supervisor must ask V8 for the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { heapFlags } from '../src/heap.ts';

test('the program starts with the flags its supervisor gives its children', () => {
  const built = readFileSync(new URL('../src/main.js', import.meta.url), 'utf8');
  assert.equal(built.split('\n')[0], `#!/usr/bin/env -S node ${heapFlags.join(' ')}`);
});

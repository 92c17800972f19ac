// heap.test — the program's first line and the supervisor must ask V8 for the same, and V8 must do it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { heapFlags } from '../src/heap.ts';

test('the program starts with the flags its supervisor gives its children', () => {
  const built = readFileSync(new URL('../src/main.js', import.meta.url), 'utf8');
  assert.equal(built.split('\n')[0], `#!/usr/bin/env -S node ${heapFlags.join(' ')}`);
});

/** Half of what it makes lives until the next collection, for which V8 would give it more room. Prints MiB. */
const allocate = `
  let keep = [];
  for (let i = 0; i < 2e6; i++) {
    keep.push([i]);
    if (keep.length > 50_000) keep = keep.slice(25_000);
  }
  const nursery = (await import('node:v8')).getHeapSpaceStatistics().find((one) => one.space_name === 'new_space');
  console.log(nursery.space_size / 2 ** 20);`;

test('the nursery stays at what it begins with', () => {
  const heap = JSON.stringify(new URL('../src/heap.js', import.meta.url).href);
  const nursery = (before: string) =>
    Number(
      spawnSync(process.execPath, ['--input-type=module', '-e', before + allocate], { encoding: 'utf8' })
        .stdout,
    );
  const small = nursery(`(await import(${heap})).keepNurserySmall();`);
  assert.ok(small > 0 && small <= 2, `${small} MiB`);
  assert.ok(nursery('') > 4, 'this would not grow it either way');
});

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

test('the text of the program has one byte a character', () => {
  const text = readFileSync(new URL('../bundle/twindns.mjs', import.meta.url));
  assert.equal(
    text.find((byte) => byte > 127),
    undefined,
  );
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

/** As a cache whose answers run out: what lives stays as much, and each new one makes garbage of one that was promoted. Prints MiB. */
const renew = `
  const answers = Array.from({ length: 20_000 }, () => new Array(20).fill(0));
  let most = 0;
  for (let i = 0; i < 3e5; i++) {
    answers[i % answers.length] = new Array(20).fill(i);
    if (i % 1000 === 0) most = Math.max(most, process.memoryUsage().heapTotal);
  }
  console.log(most / 2 ** 20);`;

test('garbage of few answers is collected early, and no longer when they are many', () => {
  const heap = JSON.stringify(new URL('../src/heap.js', import.meta.url).href);
  const most = (before: string) => {
    const script = `const heap = await import(${heap}); heap.keepNurserySmall(); ${before} ${renew}`;
    const { stdout } = spawnSync(process.execPath, [...heapFlags, '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    return Number(stdout);
  };
  const [spared, usual] = [most('heap.spareMemory();'), most('heap.spareMemory(); heap.spareTime();')];
  assert.ok(spared > 0 && usual - spared > 3, `${spared} MiB, ${usual} MiB otherwise`);
});

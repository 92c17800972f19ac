// memory.test — large memory is zeroed, lives as long as its array, and may be asked for in huge pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocate } from 'node-reuseport';

for (const size of [1, 4096, (16 << 20) + 4096]) {
  test(`${size} bytes are zero and can be written from end to end`, () => {
    const memory = allocate(size);
    assert.equal(memory.length, size);
    assert.ok(memory.every((byte) => byte === 0));
    memory[0] = 1;
    memory[size - 1] = 2;
    assert.equal(memory[size - 1], 2);
  });
}

for (const size of [0, -1, 2 ** 31, 1.5, Number.NaN, '4096', undefined]) {
  test(`${String(size)} is no size`, () => {
    assert.throws(() => allocate(size), TypeError);
  });
}

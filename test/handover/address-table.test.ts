// address-table.test — places of addresses are given once, in a known order at first, and are bounded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressTable, MOST_ADDRESSES } from '../../src/handover/address-table.ts';

test('the first have the order of their texts, and what comes later comes behind them', () => {
  const table = new AddressTable(['b', 'a', 'b']);
  assert.deepEqual(table.all, ['a', 'b']);
  assert.equal(table.add(['b', 'a']), false);
  assert.equal(table.add(['0', 'b']), true);
  assert.deepEqual([table.indexOf('a'), table.indexOf('0'), table.indexOf('c')], [0, 2, 3]);
});

test('of those that another process names there is a bound', () => {
  const table = new AddressTable(['a']);
  table.add(Array.from({ length: 1000 }, (_, i) => String(i)));
  assert.equal(table.all.length, MOST_ADDRESSES);
  assert.equal(table.add(['more']), false);
});

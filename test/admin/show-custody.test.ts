// show-custody.test — the columns tell what is odd and leave out what is as it should be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { custodyHead, custodyRow } from '../../src/admin/show-custody.ts';
import type { CustodyStatus, InstanceStatus, TwinStatus } from '../../src/status.ts';
import { custodySample } from '../lab/custody-sample.ts';

/** The row of a secondary, by column. */
function shown(custody: CustodyStatus, version = '9'): Record<string, string> {
  const row = custodyRow({ slot: 'secondary', version, custody } as InstanceStatus);
  assert.equal(row.length, custodyHead.length);
  return Object.fromEntries(custodyHead.map((title, column) => [title, row[column]!]));
}

const [twin] = custodySample().twins;

test('one row tells who is there, who reads what, and what happened', () => {
  assert.deepEqual(shown(custodySample()), {
    SLOT: 'secondary',
    TWIN: 'primary 4711',
    'LAST SEEN': '8 ms',
    READS: 'own + primary (stuck)',
    DIED: '11',
    LEFT: '12',
    STUCK: '13',
    BESIDE: '14',
    REPLAYED: '16',
    UNPROTECTED: '41',
  });
});

test('a twin is described by what sets it apart', () => {
  const described = (change: Partial<TwinStatus>, version = '9') =>
    shown(custodySample({ twins: [{ ...twin!, ...change }] }), version).TWIN;
  assert.equal(described({}, '10'), 'primary 4711 (9)');
  assert.equal(described({ serving: false }), 'primary 4711 (starting)');
  assert.equal(described({ serving: false, leaving: true }), 'primary 4711 (leaving)');
  assert.equal(described({ layoutKnown: false }, '10'), 'primary 4711 (9, memory unknown)');
  assert.equal(described({ pid: 0 }), 'primary ?');
});

test('none, two, and custody switched off', () => {
  const none = shown(custodySample({ twins: [] }));
  assert.deepEqual([none.TWIN, none['LAST SEEN']], ['none', '-']);
  const two = shown(custodySample({ twins: [twin!, { ...twin!, pid: 4713, beatAgeMs: null }] }));
  assert.deepEqual([two.TWIN, two['LAST SEEN']], ['primary 4711 + primary 4713', '8 ms + -']);
  const off = shown({ enabled: false });
  assert.deepEqual([off.TWIN, off.READS, off.DIED], ['custody is off', 'own', '-']);
});

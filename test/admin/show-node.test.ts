// show-node.test — who keeps the interface and the rules, how many of what is wanted are there, and why some are not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeProblems, nodeRow } from '../../src/admin/show-node.ts';
import type { InstanceStatus, NodeStatus } from '../../src/status.ts';

const acts: NodeStatus = {
  leader: true,
  acting: true,
  dutyChanges: 1,
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'iptables',
  reconciles: 2,
  seconds: 0.1,
  changes: 3,
  errors: { iptables: 0, iptables_lock: 0, interface_add: 0, interface_check: 0, configmap: 0 },
  warnings: { interface: [], rules: [] },
  wanted: { interface: 3, rules: 20 },
  found: { interface: 3, rules: 19 },
  problems: { interface: null, rules: null },
};
const of = (node: NodeStatus | null) => ({ slot: 'primary', node }) as InstanceStatus;

test('the instance that acts tells what it found of what is wanted, another one what it would keep', () => {
  assert.deepEqual(nodeRow(of(acts)), [
    ['primary', 'leader, acting', 'nodelocaldns dummy 3 of 3', 'iptables 19 of 20', '3'],
  ]);
  const rests: NodeStatus = {
    ...acts,
    leader: false,
    acting: false,
    found: { interface: null, rules: null },
  };
  assert.deepEqual(nodeRow(of(rests)), [['primary', 'deputy', 'nodelocaldns dummy', 'iptables', '3']]);
  assert.equal(nodeRow(of({ ...rests, acting: true }))[0]![1], 'deputy, acting');
  const bare = { ...acts, interface: { name: 'x', type: 'none' }, rules: 'none' } as const;
  assert.deepEqual(nodeRow(of(bare))[0]!.slice(2, 4), ['none', 'none']);
});

test('an instance that has nothing to do with them has no row; a leader always has one', () => {
  assert.deepEqual(nodeRow(of(null)), []);
  const none = { ...acts, interface: null, rules: null };
  assert.deepEqual(nodeRow(of({ ...none, leader: false, acting: false })), []);
  assert.equal(nodeRow(of(none)).length, 1);
});

test('why something could not be made is a line; of an earlier version there is none', () => {
  assert.deepEqual(nodeProblems(of({ ...acts, problems: { interface: null, rules: 'No such file.' } })), [
    'primary: No such file.',
  ]);
  const { problems: _, ...earlier } = acts;
  assert.deepEqual(nodeProblems(of(earlier as NodeStatus)), []);
  assert.deepEqual(nodeProblems(of(null)), []);
});

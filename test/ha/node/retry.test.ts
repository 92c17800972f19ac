// retry.test — a lock is waited for, a reason is not, and neither for ever.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeError } from '../../../ha/node/node-part.ts';
import { retry } from '../../../ha/node/retry.ts';

const held = () => new NodeError('iptables_lock', 'held', { passing: true });

function failing(times: number, error: () => Error) {
  let attempts = 0;
  const attempt = async () => {
    if (++attempts <= times) throw error();
    return attempts;
  };
  return { attempt, count: () => attempts };
}

test('what passes is tried again, and each failure is told', async () => {
  const told: string[] = [];
  const { attempt } = failing(2, held);
  assert.equal(await retry(5000, attempt, ({ kind }) => told.push(kind)), 3);
  assert.deepEqual(told, ['iptables_lock', 'iptables_lock']);
});

test('what does not pass is not tried again, nor what is no failure of the node', async () => {
  for (const error of [() => new NodeError('iptables', 'no'), () => new TypeError('no')]) {
    const { attempt, count } = failing(9, error);
    await assert.rejects(retry(5000, attempt), { message: 'no' });
    assert.equal(count(), 1);
  }
});

test('no attempt begins after the limit', async () => {
  const { attempt, count } = failing(9, held);
  await assert.rejects(retry(150, attempt), { message: 'held That went on for 0.15 s.', passing: true });
  assert.equal(count(), 2);
});

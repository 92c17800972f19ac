// status-line.test — who is up, and who serves for both.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStatusLine } from '../../src/pair/status-line.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { custodySample } from '../lab/custody-sample.ts';

function line(custody: InstanceStatus['custody']): string {
  const secondary = { slot: 'secondary', pid: 2, queries: 0, hits: 0, custody } as InstanceStatus;
  return renderStatusLine({ at: 0, statuses: [undefined, secondary] }, undefined);
}

test('an instance that reads the sockets of the other serves for both', () => {
  const custody = custodySample();
  assert.match(line(custody), /primary DOWN {3}secondary up \(2\) for both$/);
  assert.match(line({ ...custody, reads: [custody.reads[0]!] }), /secondary up \(2\)$/);
  assert.match(line({ enabled: false }), /secondary up \(2\)$/);
});

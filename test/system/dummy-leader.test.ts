// dummy-leader.test — dummy interface and iptables-legacy on a kernel that has both.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkout } from '../lab/program.ts';
import { inUml, nodeModules } from '../lab/uml.ts';

test('a pair makes, repairs, hands over, keeps, adopts and removes a dummy interface and the rules of iptables', {
  timeout: 180_000,
}, async () => {
  const modules = [...nodeModules, 'iptable_mangle', 'ip6table_mangle'];
  const script = `${checkout}dist/test/lab/dummy-leader.js`;
  const { status, output } = await inUml([process.execPath, script], { timeoutMs: 170_000, modules });
  assert.equal(status, 0, output);
  assert.deepEqual(output.trim().split('\n'), [
    'made',
    'repaired after a flush',
    'repaired after the interface was deleted',
    'repaired after an address was deleted',
    'repaired by the twin',
    'nothing left by both',
    'made again',
    'kept',
    'adopted',
    'cleaned',
  ]);
});

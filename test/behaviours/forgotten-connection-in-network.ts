// forgotten-connection-in-network — segments of one connection are dropped; runs in a network of its own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { startLab } from '../lab/resolver.ts';
import { plain } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';

test('what was asked on a connection whose segments are dropped is asked again on another', async (t) => {
  const lab = await startLab(t, { cluster: plain });
  await lab.ask('one.cluster.local');
  const port = lab.cluster.asked('one.cluster.local')[0]!.sourcePort;
  execFileSync('iptables', ['-I', 'INPUT', '-p', 'tcp', '--sport', String(port), '-j', 'DROP']);
  const { value, ms } = await timed(lab.ask('two.cluster.local'));
  assert.deepEqual(addresses(value), ['192.0.2.1']);
  assert(ms < 3000, `${ms} ms`);
});

// leader-surge.test — a leader starts while the one it is to replace still serves: it waits for its slot, and goes on with the same
// interface and rules.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Node } from '../lab/node.ts';
import type { Program } from '../lab/program.ts';

const flags = [
  '--listen=169.254.20.10',
  '--upstream=127.0.0.1:5300',
  '--interface-type=tun',
  '--rules=nftables',
];

test('one leader after the other, each there before the last has ended, and the interface and the rules stay until the last has ended', {
  timeout: 60_000,
}, async (t) => {
  const node = await Node.make(t);
  const before = await node.listing();
  const secondary = await node.instance('secondary', ...flags);
  let leader = await node.instance('primary', ...flags, '--leader');
  await leader.says(/rules brought to what is wanted/);
  await secondary.says(/twin found/);
  const whole = await node.listing();
  for (let i = 0; i < 3; i++) {
    const next = node.launch('primary', ...flags, '--leader');
    await next.says(/another process has this slot/);
    assert.equal(await node.listing(), whole);
    await end(leader);
    assert.equal(await node.listing(), whole);
    await next.says(/"listening"/);
    await next.says(/twin found/);
    assert.equal(await node.listing(), whole);
    leader = next;
  }
  await end(leader);
  assert.equal(await node.listing(), whole);
  await end(secondary);
  assert.equal(await node.listing(), before);
});

async function end(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  assert.equal((await program.ended).status, 0, program.said);
}

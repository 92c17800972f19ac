// trouble.test — when the lock is taken or has no place, or a table cannot be listed, nothing is made worse.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { cleanIptables, IptablesRules } from '../../../../ha/node/iptables/iptables.ts';
import { NodeError } from '../../../../ha/node/node-part.ts';
import type { WantedState } from '../../../../ha/node/wanted-state.ts';
import { IptablesNode } from '../../../lab/iptables-node.ts';

const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'iptables',
  addresses: ['169.254.20.10', '10.96.0.10', 'fd00::a'],
  port: 53,
  healthPorts: [8080],
  keep: false,
};

test('a lock that another program holds is an error that passes', { timeout: 60_000 }, async (t) => {
  const node = await IptablesNode.make(t);
  await node.hint('legacy');
  const rules = new IptablesRules(wantedState, node.tools);
  const observation = await rules.observe();
  const holder = spawn('flock', [node.lock, 'sh', '-c', 'echo held; exec sleep 2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  await once(holder.stdout, 'data');
  await assert.rejects(rules.apply(observation), { name: 'NodeError', kind: 'iptables_lock', passing: true });
  assert.deepEqual((await rules.observe()).found, [], 'observing takes no lock');
  await ended;
  await rules.apply(observation);
  assert.deepEqual((await rules.observe()).plan, []);
});

test('without a place for the lock nothing is changed', async (t) => {
  const node = await IptablesNode.make(t);
  await node.hint('legacy');
  node.under = ['env', `XTABLES_LOCKFILE=${node.lock}/nowhere/xtables.lock`];
  const rules = new IptablesRules(wantedState, node.tools);
  await assert.rejects(rules.apply(await rules.observe()), (error) => {
    assert.ok(error instanceof NodeError && error.kind === 'iptables_lock' && !error.passing);
    assert.match(error.message, /nowhere\/xtables\.lock.*Mount the host's \/run\/xtables\.lock/);
    return true;
  });
  assert.deepEqual((await rules.observe()).found, []);
});

test('a table that iptables-nft cannot show is not filled blindly', async (t) => {
  const node = await IptablesNode.make(t);
  await node.hint('nft');
  const rules = new IptablesRules(wantedState, node.tools);
  const observation = await rules.observe();
  await rules.apply(observation);
  await node.run('nft', [
    'add',
    'rule',
    'ip',
    'raw',
    'PREROUTING',
    'meta',
    'mark',
    'set',
    'numgen',
    'random',
    'mod',
    '3',
  ]);
  const before = await node.run('nft', ['list', 'table', 'ip', 'raw']);
  for (const attempt of [() => rules.observe(), () => rules.remove(), () => cleanIptables(node.tools)])
    await assert.rejects(attempt, {
      name: 'NodeError',
      kind: 'iptables',
      passing: false,
      message: /nft list table ip raw/,
    });
  assert.equal(await node.run('nft', ['list', 'table', 'ip', 'raw']), before);
});

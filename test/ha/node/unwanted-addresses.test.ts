// unwanted-addresses.test — what the node has for addresses that no instance wants any more goes, where that is each one's own.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Keeper } from '../../../ha/node/keeper.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';
import type { Config } from '../../../src/config.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { endpointsAt } from '../../lab/endpoints.ts';
import { PretendedPart } from '../../lab/pretended-part.ts';
import { labConfig, silentLog } from '../../lab/resolver.ts';

const at = (...addresses: string[]) => endpointsAt(addresses, 53);

/** One that keeps a node whose parts only pretend, and has no twin. */
function start(t: TestContext, change: Partial<Config>) {
  const [happened, wants]: [string[], WantedState[]] = [[], []];
  const loop = new EventLoop((error) => assert.fail(String(error)));
  const config = { ...labConfig, port: 53, listeners: at('169.254.20.10'), leader: true, ...change };
  const company = { peers: () => [], tell() {} };
  const keeper = new Keeper(config, 'a', silentLog, loop, company, async (wanted: WantedState) => {
    wants.push(wanted);
    const part = (name: 'interface' | 'rules') =>
      new PretendedPart(name, undefined, { happened, failures: {} });
    return { wanted, mayChange: true, watch: () => () => {}, all: [part('interface'), part('rules')] };
  });
  t.after(async () => {
    await keeper.stop();
    loop.close();
  });
  return { keeper, happened, wants };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('it goes once this instance acts and serves, and nothing that it wants itself', async (t) => {
  for (const leader of [true, false]) {
    const change = { leader, interface: { name: 'nodelocaldns', type: 'dummy' }, rules: 'iptables' } as const;
    const { keeper, happened, wants } = start(t, change);
    await keeper.adopt();
    await keeper.prepare();
    keeper.unwanted(at('169.254.20.11', '127.0.0.2', '169.254.20.10'));
    assert.ok(!happened.includes('remove rules'), 'not before it serves');
    keeper.serving();
    if (leader) await until(() => happened.includes('remove interface'));
    assert.deepEqual(
      wants.map(({ addresses }) => addresses),
      leader ? [['169.254.20.10'], ['169.254.20.11']] : [],
    );
  }
});

test('of an address that is served at another port still, its rules for that port go alone', async (t) => {
  const change = { interface: { name: 'nodelocaldns', type: 'dummy' }, rules: 'iptables' } as const;
  const { keeper, wants, happened } = start(t, change);
  await keeper.adopt();
  await keeper.prepare();
  keeper.serving();
  const other = { address: '169.254.20.10', port: 1053 };
  keeper.want([...at('169.254.20.10'), other]);
  keeper.want(at('169.254.20.10', '169.254.20.11'));
  keeper.unwanted([other]);
  await until(() => happened.includes('remove interface'));
  assert.deepEqual(
    wants.map(({ addresses, further, interface: { type } }) => ({ addresses, further, type })),
    [
      { addresses: ['169.254.20.10'], further: undefined, type: 'dummy' },
      { addresses: ['169.254.20.10'], further: [other], type: 'dummy' },
      { addresses: ['169.254.20.10', '169.254.20.11'], further: undefined, type: 'dummy' },
      { addresses: [], further: [other], type: 'none' },
    ],
  );
});

test('an interface and a table that go with their holders are not removed for single addresses', async (t) => {
  const change = { interface: { name: 'nodelocaldns', type: 'tun' }, rules: 'nftables' } as const;
  const { keeper, wants } = start(t, change);
  await keeper.adopt();
  await keeper.prepare();
  keeper.serving();
  keeper.unwanted(at('169.254.20.11'));
  await until(() => wants.length === 2);
  assert.deepEqual([wants[1]?.interface.type, wants[1]?.rules], ['none', 'none']);
});

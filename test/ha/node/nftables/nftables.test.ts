// nftables.test — the owned table in a real kernel: which processes can change it, how long it stays, how it is repaired.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { WantedState } from '../../../../ha/node/wanted-state.ts';
import { NetworkNamespace } from '../../../lab/network-namespace.ts';
import { RulesHolder } from '../../../lab/rules-holder.ts';

const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'nftables',
  addresses: ['169.254.20.10', 'fd00:10:96::a'],
  port: 53,
  healthPorts: [8080],
  keep: false,
};
const say = 'comment "NodeLocal DNS Cache: skip conntrack"';
/** Of an address and `ip` or `ip6`. */
const rulesOf = (ip: string, address: string) => [
  `rule inet twindns prerouting ${ip} daddr ${address} tcp dport 53 socket transparent 0 notrack ${say}`,
  `rule inet twindns prerouting ${ip} daddr ${address} udp dport 53 socket transparent 0 notrack ${say}`,
  `rule inet twindns output ${ip} saddr ${address} tcp sport 53 notrack ${say}`,
  `rule inet twindns output ${ip} saddr ${address} udp sport 53 notrack ${say}`,
  `rule inet twindns output ${ip} daddr ${address} tcp dport 53 notrack ${say}`,
  `rule inet twindns output ${ip} daddr ${address} udp dport 53 notrack ${say}`,
  `rule inet twindns output ${ip} daddr ${address} tcp dport 8080 notrack ${say}`,
  `rule inet twindns output ${ip} saddr ${address} tcp sport 8080 notrack ${say}`,
];
const empty = [
  'table inet twindns { flags owner; }',
  'chain inet twindns prerouting { type filter hook prerouting priority -300; policy accept; }',
  'chain inet twindns output { type filter hook output priority -300; policy accept; }',
];
const table = [...empty, ...rulesOf('ip', '169.254.20.10'), ...rulesOf('ip6', 'fd00:10:96::a')];

async function holderIn(t: TestContext, wanted = wantedState) {
  const namespace = await NetworkNamespace.make(t);
  const holder = await RulesHolder.make(namespace, wanted);
  return { namespace, holder, ruleset: () => namespace.run('nft', 'list', 'ruleset') };
}

test('the change of an empty node is the table, and after it nothing is to be changed', async (t) => {
  const { holder } = await holderIn(t);
  const observation = await holder.tell('observe');
  assert.deepEqual(observation, { wanted: table, found: [], plan: table.map((line) => `+ ${line}`) });
  await holder.tell('apply', observation);
  const after = await holder.tell('observe');
  assert.deepEqual(after.plan, []);
  assert.deepEqual([...after.found].sort(), [...table].sort());
});

test('nft lists the table as its own commands would have made it', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  const listed = JSON.parse(await namespace.run('nft', '-j', 'list', 'ruleset')).nftables as Listed[];
  assert.deepEqual(
    listed.flatMap(({ chain }) => (chain ? [[chain.name, chain.hook, chain.prio, chain.policy]] : [])),
    [
      ['prerouting', 'prerouting', -300, 'accept'],
      ['output', 'output', -300, 'accept'],
    ],
  );
  const rules = listed.flatMap(({ rule }) => rule ?? []);
  assert.equal(rules.length, 16);
  for (const { comment } of rules) assert.equal(comment, 'NodeLocal DNS Cache: skip conntrack');
  assert.deepEqual(rules[1]!.expr, [
    { match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: '169.254.20.10' } },
    { match: { op: '==', left: { payload: { protocol: 'udp', field: 'dport' } }, right: 53 } },
    { match: { op: '==', left: { socket: { key: 'transparent' } }, right: 0 } },
    { notrack: null },
  ]);

  // The lines are commands: what they make in another namespace is the same but for the owner.
  const other = await NetworkNamespace.make(t);
  for (const line of table) await other.run('nft', `add ${line.replace(' { flags owner; }', '')}`);
  const named = (text: string) => text.replace(/^\tflags owner\n\n/m, '').replace(/ # progname .*/, '');
  assert.equal(named(await ruleset()), await other.run('nft', 'list', 'ruleset'));
  assert.match(await ruleset(), /^\tflags owner$/m);
});

test('a change that is none leaves the generation of the rules as it was', async (t) => {
  const { holder } = await holderIn(t);
  assert.equal((await holder.repair()).length, table.length);
  const before = await holder.tell('generation');
  assert.deepEqual(await holder.repair(), []);
  assert.equal(await holder.tell('generation'), before);
});

test('every change of rules is an event, whichever program makes it', async (t) => {
  const { namespace, holder } = await holderIn(t);
  assert.deepEqual(await holder.tell('events'), []);
  await holder.repair();
  assert.ok((await holder.tell('events')).length >= table.length);
  assert.deepEqual(await holder.tell('observe').then(() => holder.tell('events')), []);
  await namespace.run('nft', 'add table inet other');
  assert.ok((await holder.tell('events')).length > 0);
});

test('rules that are gone are put back, in one transaction, and found before they are', async (t) => {
  const { holder } = await holderIn(t);
  await holder.repair();
  await holder.tell('flush');
  assert.deepEqual((await holder.tell('observe')).found, empty);
  const before = await holder.tell('generation');
  assert.deepEqual(
    await holder.repair(),
    table.slice(3).map((line) => `+ ${line}`),
  );
  assert.equal(await holder.tell('generation'), before + 1);
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

test('the chains stay while only rules change: a packet finds those of before or of after', async (t) => {
  const { namespace, holder } = await holderIn(t);
  const handles = async () => {
    const listed = JSON.parse(await namespace.run('nft', '-j', 'list', 'ruleset')).nftables as Listed[];
    return listed.flatMap(({ chain }) => chain?.handle ?? []);
  };
  await holder.repair();
  const before = await handles();
  assert.equal(before.length, 2);
  await holder.tell('double', wantedState);
  await holder.repair();
  assert.deepEqual(await handles(), before);
});

test('a chain too many makes the whole table new', async (t) => {
  const { holder } = await holderIn(t);
  await holder.repair();
  await holder.tell('addChain', 'other');
  assert.deepEqual(await holder.repair(), ['- chain inet twindns other']);
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

test('a rule that is there twice is one too many', async (t) => {
  const { holder } = await holderIn(t);
  await holder.repair();
  await holder.tell('double', wantedState);
  assert.deepEqual(await holder.repair(), [`- ${table.at(-1)}`]);
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

test('what is removed is told, a second time it is nothing, and it can be made again', async (t) => {
  const { holder, ruleset } = await holderIn(t);
  assert.deepEqual(await holder.tell('remove'), []);
  await holder.repair();
  assert.deepEqual([...(await holder.tell('remove'))].sort(), [...table].sort());
  assert.equal(await ruleset(), '');
  assert.deepEqual(await holder.tell('remove'), []);
  await holder.repair();
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

test('no other process can change or delete the table, and flushing all rules leaves it', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  await namespace.run('nft', 'add table inet other');
  const before = (await ruleset()).replace(/table inet other \{\n\}\n/, '');
  for (const command of [
    'delete table inet twindns',
    'flush table inet twindns',
    'flush chain inet twindns output',
  ]) {
    await assert.rejects(namespace.run('nft', command), /Operation not permitted/, command);
  }
  await namespace.run('nft', 'flush', 'ruleset');
  assert.equal(await ruleset(), before);
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

test('the table stays when its maker is killed and goes when the last holder is', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  const before = await ruleset();
  const twin = await RulesHolder.makeWith(holder, namespace, wantedState);
  assert.deepEqual((await twin.tell('observe')).plan, []);
  await holder.kill();
  assert.equal(await ruleset(), before);
  assert.deepEqual((await twin.tell('observe')).plan, []);
  await twin.kill();
  assert.equal(await ruleset(), '');
});

test('a process that was passed the socket can change, repair and remove the table', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  const other = { ...wantedState, addresses: ['169.254.20.11'] };
  const twin = await RulesHolder.makeWith(holder, namespace, other);
  await holder.kill();
  const observation = await twin.tell('observe');
  const old = [...rulesOf('ip', '169.254.20.10'), ...rulesOf('ip6', 'fd00:10:96::a')];
  const change = [
    ...old.map((line) => `- ${line}`),
    ...rulesOf('ip', '169.254.20.11').map((line) => `+ ${line}`),
  ];
  assert.deepEqual([...observation.plan].sort(), change.sort());
  await twin.tell('apply', observation);
  assert.deepEqual((await twin.tell('observe')).plan, []);
  assert.doesNotMatch(await ruleset(), /169\.254\.20\.10/);
  await twin.tell('remove');
  assert.equal(await ruleset(), '');
});

test('released by the only holder, the table is gone; by one of two, it is not', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  const before = await ruleset();
  const twin = await RulesHolder.makeWith(holder, namespace, wantedState);
  assert.equal(await holder.tell('release'), 0);
  assert.equal(await ruleset(), before);
  assert.equal(await twin.tell('release'), 0);
  assert.equal(await ruleset(), '');
});

test('a table of another process is neither touched nor removed, and the error says which process', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  const before = await ruleset();
  const stranger = await RulesHolder.make(namespace, wantedState);
  const refusal = {
    kind: 'iptables',
    passing: true,
    message:
      /table inet twindns belongs to another process, .* netlink port (\d+),.*without --leader, .*--rules none/,
  };
  await assert.rejects(stranger.tell('observe'), refusal);
  await assert.rejects(stranger.tell('apply', { wanted: [], found: [], plan: ['+ all'] }), refusal);
  assert.deepEqual(await stranger.tell('remove'), []);
  await stranger.kill();
  assert.equal(await ruleset(), before);
});

test('without CAP_NET_ADMIN the error names it', async (t) => {
  const namespace = await NetworkNamespace.make(t);
  const without = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
  const holder = await RulesHolder.make(namespace, wantedState, without);
  const refusal = { kind: 'iptables', passing: false, message: /CAP_NET_ADMIN/ };
  await assert.rejects(holder.tell('observe'), refusal);
  await assert.rejects(holder.tell('remove'), refusal);
});

test('a table of that name without an owner is left alone, and the error says how to be rid of it', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await namespace.run('nft', 'add table inet twindns');
  const refusal = { kind: 'iptables', passing: true, message: /nft delete table inet twindns/ };
  await assert.rejects(holder.tell('observe'), refusal);
  await assert.rejects(holder.tell('apply', { wanted: [], found: [], plan: ['+ all'] }), refusal);
  assert.deepEqual(await holder.tell('remove'), []);
  assert.match(await ruleset(), /^table inet twindns \{/);
  await namespace.run('nft', 'delete table inet twindns');
  await holder.repair();
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

test('a plan made before the table changed is refused whole, and passes', async (t) => {
  const { holder } = await holderIn(t);
  const early = await holder.tell('observe');
  await holder.repair();
  const late = await holder.tell('observe');
  const refusal = { kind: 'iptables', passing: true, message: /changed while it was being changed/ };
  await assert.rejects(holder.tell('apply', early), refusal);
  assert.deepEqual(await holder.tell('observe'), late);
  await holder.tell('remove');
  await assert.rejects(holder.tell('apply', { ...late, plan: ['- one'] }), refusal);
});

test('without addresses there is no table, and one that is there is removed', async (t) => {
  const { namespace, holder, ruleset } = await holderIn(t);
  await holder.repair();
  const twin = await RulesHolder.makeWith(holder, namespace, { ...wantedState, addresses: [] });
  const observation = await twin.tell('observe');
  assert.deepEqual([observation.wanted, observation.plan.length], [[], table.length]);
  await twin.tell('apply', observation);
  assert.equal(await ruleset(), '');
  assert.deepEqual(await twin.repair(), []);
});

test('sixteen addresses and their rules fit into one transaction', async (t) => {
  const addresses = Array.from({ length: 16 }, (_, i) => `fd00::${(i + 1).toString(16)}`);
  const { holder } = await holderIn(t, { ...wantedState, addresses, healthPorts: [8080, 8081, 9253] });
  assert.equal((await holder.repair()).length, 3 + 16 * 12);
  assert.deepEqual((await holder.tell('observe')).plan, []);
});

// ---------------------------------------------------------------------------------------------------------------------

/** Of `nft -j list ruleset`. */
interface Listed {
  readonly chain?: { name: string; handle: number; hook: string; prio: number; policy: string };
  readonly rule?: { comment: string; expr: unknown };
}

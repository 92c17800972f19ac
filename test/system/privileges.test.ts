// privileges.test — who may do what: a twin that can only answer holds what the leader made, and a leader that can do no more is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceStatus } from '../../src/status.ts';
import { Node } from '../lab/node.ts';
import { type Program, twindns } from '../lab/program.ts';

const address = '169.254.20.10';
const words = [`--listen=${address}`, '--upstream=127.0.0.1:5300', '--sync-interval=1s', '--log-format=json'];
const kind = ['--interface-type=tun', '--rules=nftables'];
const patience = { timeout: 60_000 };
/** What the pod of the secondary has. */
const answering = ['setpriv', '--bounding-set=-all,+net_bind_service', '--inh-caps=-all'];

test(
  'a twin that can only answer holds interface and rules, says once what it cannot do, and hands them back',
  patience,
  async (t) => {
    const node = await Node.make(t);
    const before = await node.listing();
    const secondary = await start(node, 'secondary', answering, ...kind);
    const first = await start(node, 'primary', [], '--leader', ...kind);
    await first.says(/rules brought to what is wanted/);
    const whole = await node.listing();
    assert.match(whole, /nodelocaldns {4}inet 169\.254\.20\.10\/32/);
    assert.match(whole, /table inet twindns/);

    await first.kill();
    await secondary.says(/twin died/);
    await looks(node, 3);
    assert.equal(await node.listing(), whole);
    // Nothing is missing, so nothing has failed.
    assert.deepEqual(problems(secondary), ['without the capability NET_ADMIN']);
    assert.deepEqual(await errors(node), { interface_add: 0, iptables: 0 });

    await node.run('ip', 'addr', 'del', `${address}/32`, 'dev', 'nodelocaldns');
    await secondary.says(
      /cannot add 169\.254\.20\.10 to interface nodelocaldns: not permitted\. [^"]*NET_ADMIN/,
    );
    await looks(node, 3);
    assert.deepEqual(problems(secondary), ['without the capability NET_ADMIN', 'cannot add 169.254.20.10']);
    const counted = await errors(node);
    assert.ok(counted.interface_add! > 0 && counted.iptables === 0, JSON.stringify(counted));

    const second = await start(node, 'primary', [], '--leader', ...kind);
    await second.says(/"made":1,.*interface brought to what is wanted/);
    await secondary.says(/another instance keeps/);
    assert.equal(await node.listing(), whole);
    await end(second);
    await end(secondary);
    assert.deepEqual(problems(secondary).slice(2), ['without the capability NET_ADMIN']);
    assert.equal(await node.listing(), before);
  },
);

test(
  'rules that stay by themselves are left behind with a sentence when nobody is left who may remove them',
  patience,
  async (t) => {
    const node = await Node.make(t);
    await node.kubelet();
    const mixed = ['--interface-type=tun', '--rules=iptables'];
    const secondary = await start(node, 'secondary', answering, ...mixed);
    const primary = await start(node, 'primary', [], '--leader', ...mixed);
    await primary.says(/rules brought to what is wanted/);
    await end(primary);
    secondary.child.kill('SIGTERM');
    assert.equal((await secondary.ended).status, 7, secondary.said);
    const listing = await node.listing();
    assert.doesNotMatch(listing, /nodelocaldns/);
    assert.match(listing, /skip conntrack/);
    assert.match(problems(secondary).at(-1)!, /rules left behind; `twindns clean` removes it/);
    await node.run(...twindns, 'clean');
    assert.doesNotMatch(await node.listing(), /skip conntrack/);
  },
);

for (const [what, flags] of [
  ['tun and nftables', kind],
  ['iptables alone', ['--interface-type=none', '--rules=iptables']],
] as const) {
  test(`a leader without NET_ADMIN is told so and ends: ${what}`, patience, async (t) => {
    const node = await Node.make(t);
    const { status, stderr } = await node.end(
      ...answering,
      ...twindns,
      'run',
      '--slot=primary',
      '--leader',
      ...words,
      ...flags,
      '--log-format=text',
    );
    assert.equal(status, 7);
    assert.match(stderr, /^twindns: --leader [^\n]*NET_ADMIN[^\n]*leave out --leader[^\n]*\n$/);
  });
}

// ---------------------------------------------------------------------------------------------------------------------

async function start(
  node: Node,
  slot: 'primary' | 'secondary',
  under: readonly string[],
  ...flags: readonly string[]
): Promise<Program> {
  const program = node.start(...under, ...twindns, 'run', `--slot=${slot}`, ...words, ...flags);
  await program.says(/"listening"/);
  return program;
}

async function end(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  assert.equal((await program.ended).status, 0, program.said);
}

/** What it has said about the node that is not just news, shortened to what tells them apart. */
function problems({ said }: Program): string[] {
  const lines = said.split('\n').filter((line) => /"level":"(warn|error)"/.test(line));
  const texts = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  const known = ['without the capability NET_ADMIN', 'cannot add 169.254.20.10'];
  return (
    texts
      // No server is there. The others are said 5 s after the start, if the address is away just then, and on a busy machine.
      .filter(
        (text) =>
          !/^twin died|^an upstream does not answer|^a zone cannot be answered|^this machine does not have|^this instance did not/.test(
            text,
          ),
      )
      .map((text) => known.find((word) => text.startsWith(word)) ?? text)
  );
}

/** Of the secondary. */
async function statusOf(node: Node): Promise<NonNullable<InstanceStatus['node']>> {
  // It is at risk, and says so by its exit code.
  const { stdout } = await node.end(...twindns, 'status', '--json', '--admin=127.0.0.1:9254');
  const { instances } = JSON.parse(stdout) as {
    readonly instances: readonly [{ readonly status: InstanceStatus }];
  };
  return instances[0].status.node!;
}

async function errors(node: Node) {
  const { interface_add, iptables } = (await statusOf(node)).errors;
  return { interface_add, iptables };
}

/** Resolves after so many more looks at the interface. */
async function looks(node: Node, count: number): Promise<void> {
  const { reconciles } = await statusOf(node);
  const giveUp = performance.now() + 10_000;
  while ((await statusOf(node)).reconciles < reconciles + count) {
    assert.ok(performance.now() < giveUp, 'it does not look');
    await pause(200);
  }
}

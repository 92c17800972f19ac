// leaving-nothing.test — whatever order two instances end in, the node is as it was before they came, unless told otherwise.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Node } from '../lab/node.ts';
import type { Program } from '../lab/program.ts';

const listen = ['--listen=169.254.20.10,fd00::10', '--upstream=127.0.0.1:5300'];
const kinds = [
  ['--interface-type=tun', '--rules=nftables'],
  ['--interface-type=tun', '--rules=iptables'],
] as const;
const acts = /this instance keeps the interface and the rules/;
const made = /rules brought to what is wanted/;

interface Pair {
  readonly node: Node;
  /** The listing before they came. */
  readonly before: string;
  readonly primary: Program;
  readonly secondary: Program;
}

/** The primary leads; both serve, and the rules are there. */
async function startPair(t: TestContext, kind: readonly string[], ...more: readonly string[]): Promise<Pair> {
  const node = await Node.make(t);
  await node.kubelet();
  const before = await node.listing();
  const secondary = await node.instance('secondary', ...listen, ...kind);
  const primary = await node.instance('primary', ...listen, ...kind, '--leader', ...more);
  await primary.says(made);
  await secondary.says(/another instance|twin found/);
  const during = await node.listing();
  assert.match(during, /nodelocaldns.*169\.254\.20\.10/);
  assert.match(during, /skip conntrack/);
  return { node, before, primary, secondary };
}

const orders: readonly [what: string, stop: (pair: Pair) => Promise<void>][] = [
  [
    'the leader first',
    async ({ primary, secondary }) => {
      await end(primary);
      await secondary.says(acts);
      await end(secondary);
    },
  ],
  [
    'the leader last',
    async ({ primary, secondary }) => {
      await end(secondary);
      await end(primary);
    },
  ],
  [
    'both at once',
    async ({ primary, secondary }) => {
      await Promise.all([end(primary), end(secondary)]);
    },
  ],
];

for (const kind of kinds) {
  for (const [what, stop] of orders) {
    test(`SIGTERM, ${what}, leaves nothing behind: ${kind.join(' ')}`, { timeout: 60_000 }, async (t) => {
      const pair = await startPair(t, kind);
      await stop(pair);
      assert.equal(await pair.node.listing(), pair.before);
    });
  }
}

test('SIGKILL of both: the kernel removes a tun interface and nftables rules', {
  timeout: 60_000,
}, async (t) => {
  const { node, before, primary, secondary } = await startPair(t, kinds[0]);
  const killed = performance.now();
  await Promise.all([primary.kill(), secondary.kill()]);
  while ((await node.listing()) !== before) {
    assert.ok(performance.now() < killed + 1000, `still there:\n${await node.listing()}`);
  }
});

test('rules that are to be kept are kept', { timeout: 60_000 }, async (t) => {
  const { node, primary, secondary } = await startPair(t, kinds[1], '--keep-interface');
  await end(primary);
  await secondary.says(acts);
  await end(secondary);
  assert.match(await node.listing(), /skip conntrack/);
});

async function end(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  const { status } = await program.ended;
  assert.equal(status, 0, program.said);
}

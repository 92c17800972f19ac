// node-commands.test — `rules`, `clean` and `net` on a node: what they print, how they end, and what they leave.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Node } from '../lab/node.ts';
import { type Ending, runToEnd, twindns } from '../lab/program.ts';

const listen = '--listen=169.254.20.10,fd00::10';
/** Of the kind that stays without anybody, as far as a kernel without dummy interfaces has it. */
const staying = [listen, '--interface-type=none'];
const fleeting = [listen, '--interface-type=tun', '--rules=nftables'];
const patience = { timeout: 60_000 };

/** Eight a family: those of node-cache without a health port, less two for host clients, which end with who holds them. */
const rows = 16;

test('`rules` tells what is missing, and changes nothing', patience, async (t) => {
  const { run, node, before } = await nodeOf(t);
  const shown = await run('rules', ...staying);
  assert.equal(shown.status, 1);
  assert.match(shown.stdout, /^rules \(iptables\)\n( {2}missing {2}ip6?tables -t (raw|filter) -A .*\n){16}$/);
  const json = await run('rules', ...staying, '--json');
  const { isAsWanted, parts } = JSON.parse(json.stdout);
  assert.deepEqual([json.status, isAsWanted, parts[0].part, parts[0].plan.length], [1, false, 'rules', rows]);
  const dry = await run('rules', ...staying, '--dry-run');
  assert.equal(dry.status, 0);
  assert.match(dry.stdout, /^(rules: \+ ip6?tables -t (raw|filter) -A .*\n){16}$/);
  assert.equal(await node.listing(), before);
});

test(
  '`net up` makes the rules and ends, `rules` finds them, `net down` removes them',
  patience,
  async (t) => {
    const { run, node, before } = await nodeOf(t);
    const up = await run('net', 'up', ...staying);
    assert.deepEqual([up.status, linesOf(up, '+ ip')], [0, rows], up.stderr);
    assert.equal((await node.listing()).match(/NodeLocal DNS Cache/g)?.length, rows);
    assert.equal((await run('net', 'up', ...staying)).stdout, 'rules: nothing to change\n');

    const shown = await run('rules', ...staying);
    assert.deepEqual([shown.status, linesOf(shown, '  ok       ip')], [0, rows], shown.stdout);
    assert.equal((await run('rules', ...staying, '--dry-run')).stdout, 'nothing to change\n');
    const others = await run('rules', '--listen=169.254.20.10', '--interface-type=none', '--port=54');
    assert.deepEqual([others.status, linesOf(others, '  missing  ')], [1, rows / 2], others.stdout);

    const down = await run('net', 'down', ...staying);
    assert.deepEqual([down.status, linesOf(down, '- ip')], [0, rows], down.stderr);
    assert.equal(await node.listing(), before);
    const again = await run('net', 'down', ...staying);
    assert.deepEqual([again.status, again.stdout], [0, 'rules: nothing to remove\n']);
  },
);

test('`clean` removes what carries the comments, and nothing else', patience, async (t) => {
  const { run, node } = await nodeOf(t);
  await node.run('iptables-nft', '-A', 'INPUT', '-p', 'udp', '--dport', '53', '-j', 'ACCEPT');
  const before = await node.listing();
  await run('net', 'up', ...staying);
  const cleaned = await run('clean');
  assert.equal(cleaned.stderr, '');
  assert.deepEqual([cleaned.status, linesOf(cleaned, '- ip')], [0, rows], cleaned.stderr);
  assert.equal(await node.listing(), before);
  const again = await run('clean');
  assert.deepEqual([again.status, again.stdout], [0, 'nothing to remove\n']);
});

test(
  'what a running `net watch` holds is found by `rules`, told and left by `net down` and `clean`, and gone after SIGTERM',
  patience,
  async (t) => {
    const { run, node, before } = await nodeOf(t);
    const watch = node.start(...twindns, 'net', 'watch', ...fleeting, '--log-format=json');
    await watch.says(/the kernel removes the interface and the rules with this process/);
    const during = await node.listing();
    assert.match(during, /nodelocaldns {4}inet 169\.254\.20\.10\/32/);
    assert.match(during, /table inet twindns/);

    const shown = await run('rules', ...fleeting);
    assert.deepEqual([shown.status, linesOf(shown, '  ok ')], [0, 18], shown.stdout + shown.stderr);
    const more = await run('rules', ...fleeting, `${listen},10.96.0.10`);
    assert.deepEqual([more.status, linesOf(more, '  missing ')], [1, 7], more.stdout + more.stderr);
    for (const command of [['net', 'down', ...fleeting], ['clean']]) {
      const ending = await run(...command);
      assert.deepEqual([ending.status, linesOf(ending, '- '), ending.stdout], [7, 0, ''], ending.stderr);
      assert.match(ending.stderr, /left: interface nodelocaldns is there already/);
      assert.match(ending.stderr, /left: the nftables table inet twindns belongs to another process/);
    }
    assert.equal(await node.listing(), during);

    await node.run('ip', 'addr', 'del', '169.254.20.10/32', 'dev', 'nodelocaldns');
    await watch.says(/something else changed the interface; it is as wanted again/);
    assert.equal(await node.listing(), during);

    watch.child.kill('SIGHUP');
    await watch.says(/SIGHUP: there is no file/);
    assert.equal(await node.listing(), during);
    watch.child.kill('SIGTERM');
    assert.equal((await watch.ended).status, 0, watch.said);
    assert.equal(await node.listing(), before);
  },
);

test(
  'rules that stay by themselves are removed by `net watch`, unless they are to be kept',
  patience,
  async (t) => {
    const { node, run, before } = await nodeOf(t);
    for (const [flags, status] of [
      [[], 1],
      [['--keep-interface'], 0],
    ] as const) {
      const watch = node.start(...twindns, 'net', 'watch', ...staying, ...flags, '--log-format=json');
      await watch.says(/"the interface and the rules are seen to"/);
      assert.equal((await run('rules', ...staying)).status, 0);
      watch.child.kill('SIGTERM');
      assert.equal((await watch.ended).status, 0, watch.said);
      assert.equal((await run('rules', ...staying)).status, status);
      assert.equal((await node.listing()) === before, status === 1);
    }
  },
);

const refused: readonly (readonly [what: string, command: readonly string[], told: RegExp])[] = [
  [
    'a tun interface',
    ['net', 'up', listen, '--interface-type=tun'],
    /--interface-type tun ends with .*net watch/,
  ],
  ['nftables', ['net', 'up', ...staying, '--rules=nftables'], /--rules nftables ends with .*net watch/],
  ...(['up', 'watch', 'down'] as const).map(
    (action) =>
      [
        `loopback, net ${action}`,
        ['net', action, '--listen=127.0.0.1,::1'],
        /--listen is 127\.0\.0\.1,::1: loopback .*--listen/,
      ] as const,
  ),
  ['loopback, rules', ['rules'], /--listen is 127\.0\.0\.1: loopback .*--listen/],
];
for (const [what, command, told] of refused) {
  test(`refused with a sentence: ${what}`, patience, async () => {
    const { status, stdout, stderr } = await runToEnd([...twindns, ...command]);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^twindns: [^\n]+\n$/);
    assert.match(stderr, told);
  });
}

// ---------------------------------------------------------------------------------------------------------------------

async function nodeOf(t: TestContext) {
  const node = await Node.make(t);
  await node.kubelet();
  const run = (...words: readonly string[]): Promise<Ending> => node.end(...twindns, ...words);
  return { node, run, before: await node.listing() };
}

function linesOf({ stdout }: Ending, start: string): number {
  return stdout.split('\n').filter((line) => line.startsWith(start)).length;
}

// kernel.test — the rules in the kernel's own tables, in either variant, among those of others.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { cleanIptables, IptablesRules } from '../../../../ha/node/iptables/iptables.ts';
import type { Tools } from '../../../../ha/node/iptables/tools.ts';
import { variants } from '../../../../ha/node/iptables/variant.ts';
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

for (const variant of variants)
  describe(`iptables-${variant}`, { timeout: 120_000 }, () => {
    const commands = [`iptables-${variant}`, `ip6tables-${variant}`];

    async function prepared(t: TestContext): Promise<{ node: IptablesNode; rules: IptablesRules }> {
      const node = await IptablesNode.make(t);
      await node.hint(variant);
      // Tables that are listed once stay listed, empty.
      for (const command of commands)
        for (const table of ['raw', 'filter']) {
          await node.run(command, ['-w', '-t', table, '-A', 'OUTPUT', '-j', 'ACCEPT']);
          await node.run(command, ['-w', '-t', table, '-D', 'OUTPUT', '-j', 'ACCEPT']);
        }
      return { node, rules: new IptablesRules(wantedState, node.tools) };
    }

    test('applied, all is as node-cache would have made it but for what nobody may take, and there is nothing left to change', async (t) => {
      const { node, rules } = await prepared(t);
      const first = await rules.observe();
      assert.deepEqual(first.programs, { variant, named: true });
      assert.equal(first.plan.length, 30);
      assert.deepEqual(first.found, []);
      await rules.apply(first);
      const second = await rules.observe();
      assert.deepEqual(second.plan, []);
      assert.deepEqual(second.found, second.wanted);
      const ours = await node.list(variant);
      await rules.apply(second);
      assert.equal(await node.list(variant), ours);
      const { node: predecessor } = await prepared(t);
      for (const address of wantedState.addresses) await predecessor.insertLikeNodeCache(variant, address);
      assert.equal(ours, saferThan(await predecessor.list(variant)));
    });

    test('where no table is yet, observing makes none', async (t) => {
      const node = await IptablesNode.make(t);
      const rules = new IptablesRules(wantedState, node.tools);
      assert.equal((await rules.observe()).plan.length, 30);
      assert.deepEqual(await rules.remove(), []);
      assert.deepEqual(await cleanIptables(node.tools), []);
      assert.deepEqual(await node.tools.legacyTables('ipv4'), []);
      assert.deepEqual(await node.tools.legacyTables('ipv6'), []);
      assert.equal(await node.run('nft', ['list', 'ruleset']), '');
    });

    test('of the rules that node-cache made those are replaced that take what nobody may answer', async (t) => {
      const { node, rules } = await prepared(t);
      for (const address of wantedState.addresses) await node.insertLikeNodeCache(variant, address);
      const before = await node.list(variant);
      const { plan } = await rules.observe();
      const kinds = plan.map((line) => line.replace(/ -[ds] .* --dport 53/, '').replace(/ -m comment.*/, ''));
      const counted = Object.fromEntries(
        [...new Set(kinds)].map((kind) => [kind, kinds.filter((one) => one === kind).length]),
      );
      assert.deepEqual(counted, {
        '- iptables -t raw -A PREROUTING': 4,
        '- iptables -t raw -A OUTPUT': 4,
        '+ iptables -t raw -A PREROUTING -m socket': 4,
        '- ip6tables -t raw -A PREROUTING': 2,
        '- ip6tables -t raw -A OUTPUT': 2,
        '+ ip6tables -t raw -A PREROUTING -m socket': 2,
      });
      await rules.apply(await rules.observe());
      assert.deepEqual((await rules.observe()).plan, []);
      const sorted = (text: string) => text.split('\n').sort();
      assert.deepEqual(sorted(await node.list(variant)), sorted(saferThan(before)));
    });

    test('without the match for sockets it has the rules of node-cache, says so, and takes its own away again', async (t) => {
      const { node } = await prepared(t);
      const { tools } = node;
      const lacking: Tools = {
        ...tools,
        run: async (program, args, input = '') =>
          input.includes(' -m socket ')
            ? { status: 2, stdout: '', stderr: `${program}: line 2: missing kernel module?\n` }
            : tools.run(program, args, input),
      };
      const rules = new IptablesRules(wantedState, lacking);
      await rules.apply(await rules.observe());
      assert.match(rules.warnings.join('\n'), /xt_socket is missing.*`twindns clean`/);
      assert.deepEqual((await rules.observe()).plan, []);
      assert.equal((await node.list(variant)).match(/-A PREROUTING/g)?.length, 6);
      assert.doesNotMatch(await node.list(variant), /-m socket/);
      const able = new IptablesRules(wantedState, tools);
      await able.apply(await able.observe());
      assert.deepEqual(able.warnings, []);
      assert.equal((await node.list(variant)).match(/-m socket/g)?.length, 6);
    });

    test('what is flushed or deleted is put back, and only that', async (t) => {
      const { node, rules } = await prepared(t);
      await rules.apply(await rules.observe());
      await node.run(commands[0]!, ['-w', '-F']);
      await node.run(commands[1]!, ['-w', '-t', 'raw', '-D', 'PREROUTING', '1']);
      const observation = await rules.observe();
      assert.equal(observation.plan.length, 8 + 1);
      assert.ok(
        observation.plan.every((line) =>
          /^\+ ip6?tables -t (filter -A (INPUT|OUTPUT)|raw -A PREROUTING) /.test(line),
        ),
      );
      await rules.apply(observation);
      assert.deepEqual((await rules.observe()).plan, []);
    });

    test('of a rule that is there three times one is left, at the head, however they are written', async (t) => {
      const { node, rules } = await prepared(t);
      await rules.apply(await rules.observe());
      const listed = await node.list(variant);
      const match = ['-p', 'udp', '-d', '10.96.0.10', '--dport', '53'];
      const comment = ['-m', 'comment', '--comment', 'NodeLocal DNS Cache: allow DNS traffic'];
      await node.run(commands[0]!, ['-w', '-A', 'INPUT', ...match, ...comment, '-j', 'ACCEPT']);
      await node.run(commands[0]!, ['-w', '-A', 'INPUT', ...comment, ...match, '-j', 'ACCEPT']);
      const observation = await rules.observe();
      assert.deepEqual(
        observation.plan.map((line) => line.split(' -m ')[0]),
        ['-', '-', '-', '+'].map((sign) => `${sign} iptables -t filter -A INPUT -d 10.96.0.10/32 -p udp`),
      );
      await rules.apply(observation);
      assert.equal(await node.list(variant), listed);
    });

    test('rules with the comments for something else are told, left alone, and removed when cleaning', async (t) => {
      const { node, rules } = await prepared(t);
      const before = await node.list(variant);
      await node.insertLikeNodeCache(variant, '169.254.25.10');
      await node.insertLikeNodeCache(variant, '169.254.20.10', '5353', '9999');
      await rules.apply(await rules.observe());
      const observation = await rules.observe();
      assert.deepEqual(observation.plan, []);
      assert.equal(observation.found.length, 30 + 12 + 12);
      assert.equal((await rules.remove()).length, 30 + 12, 'those of our address at another port as well');
      assert.equal((await rules.observe()).found.length, 12);
      const cleaned = await cleanIptables(node.tools);
      assert.equal(cleaned.length, 12);
      assert.ok(cleaned.every((line) => line.includes('169.254.25.10/32')));
      assert.equal(await node.list(variant), before);
    });

    test('removing takes every copy, from the other variant too, and leaves all else as it was', async (t) => {
      const { node, rules } = await prepared(t);
      const other = variant === 'nft' ? 'legacy' : 'nft';
      await node.run(commands[0]!, [
        '-w',
        '-A',
        'INPUT',
        '-s',
        '10.0.0.0/8',
        '-m',
        'comment',
        '--comment',
        `it's "mine"\n-A INPUT`,
      ]);
      const before = await node.list(variant);
      await rules.apply(await rules.observe());
      await node.insertLikeNodeCache(variant, '10.96.0.10');
      await node.insertLikeNodeCache(other, '10.96.0.10');
      assert.equal((await rules.remove()).length, 30 + 12 + 12);
      assert.equal(await node.list(variant), before);
      assert.deepEqual(await rules.remove(), []);
      assert.equal((await node.list(other)).match(/^-A/gm), null);
    });

    test('among 200 rules of others and a program that writes all the time, theirs stay as they are', async (t) => {
      const { node, rules } = await prepared(t);
      const some = (chain: string, target: string) =>
        Array.from(
          { length: 50 },
          (_, i) => `-A ${chain} -s 10.1.${i}.0/24 -m comment --comment "pod's \\"${i}\\"" -j ${target}`,
        );
      const services = Array.from(
        { length: 60 },
        (_, i) => `-A KUBE-SERVICES -d 10.96.1.${i}/32 -p tcp -m tcp --dport 80 -j ACCEPT`,
      );
      const sync = [
        '*filter',
        ':KUBE-SERVICES - [0:0]',
        ...services,
        'COMMIT',
        '*raw',
        ':KUBE-SERVICES - [0:0]',
        ...services,
        'COMMIT',
      ];
      const restore = (lines: readonly string[]) =>
        node.run(`iptables-${variant}-restore`, ['--noflush', '-w'], `${lines.join('\n')}\n`);
      await restore(sync);
      await restore([
        '*filter',
        '-A INPUT -j KUBE-SERVICES',
        ...some('INPUT', 'ACCEPT'),
        ...some('OUTPUT', 'DROP'),
        'COMMIT',
      ]);
      await restore([
        '*raw',
        '-A OUTPUT -j KUBE-SERVICES',
        ...some('PREROUTING', 'ACCEPT'),
        ...some('OUTPUT', 'NOTRACK'),
        'COMMIT',
      ]);
      const before = await node.list(variant);

      let writing = true;
      let written = 0;
      const writer = (async () => {
        for (; writing; written++) await restore(sync);
      })();
      for (let round = 0; round < 8; round++) {
        await persistently(async () => rules.apply(await rules.observe()));
        assert.deepEqual((await rules.observe()).plan, []);
        if (round % 2 === 1) assert.equal((await persistently(() => rules.remove())).length, 30);
        else await persistently(() => node.run(commands[0]!, ['-w', '-t', 'raw', '-D', 'PREROUTING', '1']));
        assert.equal(await node.listForeign(variant), before);
      }
      writing = false;
      await writer;
      assert.ok(written > 3, `${written} writes`);
      assert.equal(await node.list(variant), before);
    });

    test('without the capability it says which, and what else can be done', async (t) => {
      const { node, rules } = await prepared(t);
      const observation = await rules.observe();
      const before = await node.list(variant);
      node.under = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
      for (const attempt of [
        () => new IptablesRules(wantedState, node.tools).observe(),
        () => rules.apply(observation),
      ])
        await assert.rejects(attempt, (error) => {
          assert.ok(error instanceof NodeError);
          assert.equal(error.kind, 'iptables');
          assert.equal(error.passing, false);
          assert.match(error.message, /NET_ADMIN/);
          assert.match(error.message, /--rules none/);
          return true;
        });
      assert.equal(await node.list(variant), before);
    });

    test('a rule that another program deletes in between is planned again by the next observation', async (t) => {
      const { node, rules } = await prepared(t);
      await rules.apply(await rules.observe());
      await node.insertLikeNodeCache(variant, 'fd00::a');
      const observation = await rules.observe();
      assert.equal(observation.plan.length, 8 * 3 + 4);
      await node.run(commands[1]!, ['-w', '-t', 'raw', '-F']);
      await assert.rejects(rules.apply(observation), { name: 'NodeError', kind: 'iptables', passing: true });
      await rules.apply(await rules.observe());
      assert.deepEqual((await rules.observe()).plan, []);
    });
  });

// ---------------------------------------------------------------------------------------------------------------------

/** A listing of node-cache's rules, as it would be with ours. */
function saferThan(listing: string): string {
  return listing
    .split('\n')
    .filter((line) => !/^-A OUTPUT -d .*--dport 53 .*(NOTRACK|notrack)$/.test(line))
    .map((line) =>
      line.startsWith('-A PREROUTING') ? line.replace('--dport 53', '--dport 53 -m socket') : line,
    )
    .join('\n');
}

/** Again while the error is one that passes; each attempt has waited for the lock. */
async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 20; ; left--)
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !(error instanceof NodeError && error.passing)) throw error;
    }
}

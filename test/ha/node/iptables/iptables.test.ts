// iptables.test — which programs are run, and what is made of what they say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ended } from '../../../../ha/node/iptables/failure.ts';
import { cleanIptables, IptablesRules } from '../../../../ha/node/iptables/iptables.ts';
import { nodeTools, type Tools } from '../../../../ha/node/iptables/tools.ts';
import { NodeError } from '../../../../ha/node/node-part.ts';
import { wantedRows } from '../../../../ha/node/rule-set.ts';
import type { WantedState } from '../../../../ha/node/wanted-state.ts';

const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'iptables',
  addresses: ['169.254.20.10'],
  port: 53,
  healthPorts: [],
  keep: false,
};
const hinted = '*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n';
const canary = '*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n';

/** A node whose programs say these things; by name, or name and table. What is not told of is not installed. */
class ScriptedTools implements Tools {
  readonly ran: string[] = [];
  readonly said: Readonly<Record<string, string | Partial<Ended>>>;
  readonly legacy: readonly string[];

  constructor(said: ScriptedTools['said'], legacy: readonly string[] = []) {
    this.said = said;
    this.legacy = legacy;
  }

  async run(program: string, args: readonly string[]): Promise<Ended> {
    const said = this.said[[program, ...args].join(' ')] ?? this.said[program];
    this.ran.push([program, ...args].join(' '));
    if (said === undefined) throw Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT' });
    return { status: 0, stdout: '', stderr: '', ...(typeof said === 'string' ? { stdout: said } : said) };
  }

  async legacyTables(): Promise<readonly string[]> {
    return this.legacy;
  }
}

async function chosen(tools: Tools, addresses = wantedState.addresses): Promise<string> {
  const { programs } = await new IptablesRules({ ...wantedState, addresses }, tools).observe();
  return programs.named ? programs.variant : `iptables, which is ${programs.variant}`;
}

async function refused(attempt: Promise<unknown>): Promise<NodeError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof NodeError, String(error));
  return error;
}

const both = {
  'iptables-nft-save': '',
  'iptables-legacy-save': '',
  iptables: 'iptables v1.8.9 (nf_tables)\n',
  'iptables-save': '',
};

test('the variant is the one in which the kubelet left its hint', async () => {
  assert.equal(await chosen(new ScriptedTools({ ...both, 'iptables-nft-save -t mangle': hinted })), 'nft');
  const legacy = { ...both, 'iptables-legacy-save -t mangle': canary, 'iptables-nft-save': '-A a\n-A b\n' };
  assert.equal(await chosen(new ScriptedTools(legacy, ['mangle'])), 'legacy');
  const six = { 'ip6tables-nft-save -t mangle': canary, 'ip6tables-nft-save': '', 'iptables-nft-save': '' };
  assert.equal(await chosen(new ScriptedTools(six), ['169.254.20.10', 'fd00::a']), 'nft');
});

test('without a hint it is the one with more rules, and else what iptables is', async () => {
  const rules = (count: number) => `*filter\n${'-A INPUT -j DROP\n'.repeat(count)}COMMIT\n`;
  const counted = (nft: number, legacy: number) => ({
    ...both,
    'iptables-nft-save': rules(nft),
    'iptables-legacy-save': rules(legacy),
  });
  assert.equal(await chosen(new ScriptedTools(counted(3, 2), ['filter'])), 'nft');
  assert.equal(await chosen(new ScriptedTools(counted(2, 3), ['filter'])), 'legacy');
  assert.equal(await chosen(new ScriptedTools(counted(2, 2), ['filter'])), 'iptables, which is nft');
  const old = { iptables: 'iptables v1.6.1\n', 'iptables-save': '' };
  assert.equal(await chosen(new ScriptedTools(old)), 'iptables, which is legacy');
});

test('a hint that comes later is heeded, and then not looked for again', async () => {
  const said: Record<string, string> = { ...both };
  const tools = new ScriptedTools(said);
  const rules = new IptablesRules(wantedState, tools);
  assert.equal((await rules.observe()).programs.named, false);
  said['iptables-nft-save -t mangle'] = hinted;
  assert.equal((await rules.observe()).programs.named, true);
  tools.ran.length = 0;
  await rules.observe();
  assert.deepEqual(tools.ran, ['iptables-nft-save -t raw', 'iptables-nft-save -t filter']);
});

test('observing runs nothing that would make a table of the legacy variant', async () => {
  const tools = new ScriptedTools(
    { 'iptables-legacy-save': hinted, iptables: 'iptables v1.8.9 (legacy)\n' },
    ['nat'],
  );
  await new IptablesRules(wantedState, tools).observe();
  assert.deepEqual(
    tools.ran.filter((command) => command.includes('legacy-save')),
    ['iptables-legacy-save'],
  );
});

test('only the families of the addresses are touched', async () => {
  for (const [addresses, foreign] of [
    [['169.254.20.10'], /^ip6tables/],
    [['fd00::a'], /^iptables/],
  ] as const) {
    const names = ['iptables', 'ip6tables'].flatMap((name) => [
      name,
      `${name}-save`,
      `${name}-nft-save`,
      `${name}-nft-restore`,
    ]);
    const tools = new ScriptedTools(Object.fromEntries(names.map((name) => [name, ''])));
    const rules = new IptablesRules({ ...wantedState, addresses }, tools);
    const observation = await rules.observe();
    assert.equal(observation.plan.length, 8);
    await refused(rules.apply(observation));
    await rules.remove();
    assert.ok(tools.ran.length > 0);
    assert.deepEqual(
      tools.ran.filter((command) => foreign.test(command)),
      [],
    );
  }
});

test('of an endpoint at another port those rows go that are its own; of an address all, whatever their port', async () => {
  const further = [{ address: '169.254.20.10', port: 1053 }];
  const raw = ['*raw', ':PREROUTING ACCEPT [0:0]'];
  for (const row of wantedRows({ ...wantedState, further }))
    if (row.table === 'raw') raw.push(`-A ${row.chain} ${row.spec}`);
  const said = {
    ...both,
    'iptables-nft-save -t mangle': hinted,
    'iptables-nft-save -t raw': [...raw, 'COMMIT', ''].join('\n'),
    'iptables-nft-restore': '',
  };
  const of = async (wanted: WantedState) => {
    const tools = new ScriptedTools(said);
    const removed = await new IptablesRules(wanted, tools).remove();
    return removed.map((line) => /port (\d+)/.exec(line)![1]);
  };
  assert.deepEqual(new Set(await of({ ...wantedState, addresses: [], further })), new Set(['1053']));
  assert.deepEqual(new Set(await of(wantedState)), new Set(['53', '1053']));
});

test('with no address nothing is wanted, and no iptables needed', async () => {
  const tools = new ScriptedTools({});
  const rules = new IptablesRules({ ...wantedState, addresses: [] }, tools);
  const observation = await rules.observe();
  assert.deepEqual([observation.wanted, observation.found, observation.plan], [[], [], []]);
  await rules.apply(observation);
  assert.deepEqual(await rules.remove(), []);
  assert.deepEqual(tools.ran, []);
});

test('a program that is not installed is named, and its package', async () => {
  for (const attempt of [
    new IptablesRules(wantedState, new ScriptedTools({})).observe(),
    cleanIptables(new ScriptedTools({})),
  ]) {
    const error = await refused(attempt);
    assert.equal(error.kind, 'iptables');
    assert.ok(!error.passing);
    assert.match(error.message, /^iptables is not installed. Install the Debian package iptables/);
    assert.match(error.message, /--rules nftables or --rules none/);
  }
});

test('rules that are added and never listed are not added for ever', async () => {
  const tools = new ScriptedTools({ 'iptables-nft-save': hinted, 'iptables-nft-restore': '' });
  const rules = new IptablesRules(wantedState, tools);
  const apply = async () => refused(rules.apply(await rules.observe()));
  for (let time = 0; time < 3; time++) assert.ok((await apply()).passing);
  const restores = () => tools.ran.filter((command) => command.startsWith('iptables-nft-restore')).length;
  assert.equal(restores(), 3);
  const error = await apply();
  assert.ok(!error.passing);
  assert.match(error.message, /iptables-nft-save never shows what iptables-nft-restore adds/);
  assert.equal(restores(), 3);
});

test('a kernel without the nft variant has no rules in it', async () => {
  const absent = {
    status: 4,
    stderr:
      'iptables-nft-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Invalid argument\n',
  };
  const tools = new ScriptedTools({
    'iptables-nft': '',
    'iptables-nft-save': absent,
    'ip6tables-nft-save': absent,
  });
  assert.deepEqual(await cleanIptables(tools), []);
});

test('what programs say when they fail is told with what to do, and whether to wait', async () => {
  for (const [said, kind, passing, what] of [
    [
      { status: 4, stderr: 'Another app is currently holding the xtables lock. Stopped waiting after 1s.\n' },
      'iptables_lock',
      true,
      /lock/,
    ],
    [
      {
        status: 4,
        stderr: 'Another app is currently holding the xtables lock. Perhaps you want to use the -w option?\n',
      },
      'iptables_lock',
      true,
      /lock/,
    ],
    [
      { status: 4, stderr: 'iptables-nft-restore: line 3 failed: Resource temporarily unavailable.\n' },
      'iptables_lock',
      true,
      /another program/,
    ],
    [
      { status: 4, stderr: "Fatal: can't open lock file /run/xtables.lock: Read-only file system\n" },
      'iptables_lock',
      false,
      /Mount the host's \/run\/xtables.lock/,
    ],
    [
      { status: 4, stderr: "Fatal: can't open lock file /run/xtables.lock: Permission denied\n" },
      'iptables_lock',
      false,
      /Mount/,
    ],
    [
      {
        status: 2,
        stderr: "iptables-restore v1.8.9 (legacy): iptables-restore: unable to initialize table 'raw'\n",
      },
      'iptables',
      false,
      /NET_ADMIN.*iptable_raw/,
    ],
    [
      { status: 4, stderr: 'Could not fetch rule set generation id: Permission denied (you must be root)\n' },
      'iptables',
      false,
      /NET_ADMIN.*--rules none/,
    ],
    [{ status: undefined }, 'iptables', true, /took too long/],
    [
      { status: 1, stderr: 'iptables-restore: line 4 failed\n' },
      'iptables',
      false,
      /exit code 1: iptables-restore: line 4 failed/,
    ],
    [{ status: 139 }, 'iptables', false, /exit code 139: it did not say why/],
  ] as const) {
    const tools = new ScriptedTools({ 'iptables-nft-save': hinted, 'iptables-nft-restore': said });
    const rules = new IptablesRules(wantedState, tools);
    const error = await refused(rules.apply(await rules.observe()));
    assert.equal(error.kind, kind, error.message);
    assert.equal(error.passing, passing, error.message);
    assert.match(error.message, what);
    assert.match(error.message, /^iptables-nft-restore /);
  }
});

test('programs run beside the event loop: what they say and how they end is told, they are found in sbin', async () => {
  const ended = await nodeTools.run('sh', ['-c', 'cat; echo odd >&2; exit 3'], 'given');
  assert.deepEqual(ended, { status: 3, stdout: 'given', stderr: 'odd\n' });
  assert.equal((await nodeTools.run('sh', ['-c', 'kill -9 $$'])).status, undefined);
  assert.equal((await nodeTools.run('true', [], 'x'.repeat(1_000_000))).status, 0, 'it reads nothing');
  await assert.rejects(nodeTools.run('no-such-program', []), { code: 'ENOENT' });
  const { stdout } = await nodeTools.run('sh', ['-c', 'echo $PATH $LC_ALL']);
  assert.match(stdout, /:\/usr\/sbin:\/sbin C$/m);
  assert.ok(Array.isArray(await nodeTools.legacyTables('ipv4')));
});

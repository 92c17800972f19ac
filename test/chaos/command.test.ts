// command.test — `twindns chaos` as a person at a terminal meets it: what it lists, what it refuses and how.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosFlags } from '../../chaos/command-text.ts';
import { readChaosOptions } from '../../chaos/options.ts';
import { scenarios } from '../../chaos/scenarios/all.ts';
import { TwindnsError } from '../../src/errors.ts';
import { chaosSuite, checkout, type Ending, familyOf, Program, runs, runToEnd } from '../lab/program.ts';

function chaos(...args: string[]): Promise<Ending> {
  return runToEnd([...chaosSuite, ...args]);
}

/** As the command line has them: each flag has a value, but for --manifests. */
function wordsOf(args: readonly string[]): { readonly names: readonly string[]; readonly flags: ChaosFlags } {
  const flags: Record<string, string | true> = {};
  const given: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!word.startsWith('--')) given.push(word);
    else flags[word.slice(2)] = word === '--manifests' ? true : args[++i]!;
  }
  return { names: given, flags };
}

const names = scenarios.map(({ name }) => name);

test('each scenario has a file of its name, and each file is listed', () => {
  const files = readdirSync(`${checkout}chaos/scenarios`).map((file) => file.replace(/\.ts$/, ''));
  const fileOf = (name: string) => name.replace(/^kill-(primary|secondary)$/, 'kill-slot');
  assert.deepEqual([...new Set(['all', ...names.map(fileOf)])].sort(), files.sort());
  for (const { purpose, times, expects } of scenarios) {
    assert.match(purpose, /^[A-Za-z].*\.$/);
    assert.ok(times.quick > 0 && times.thorough >= times.quick);
    assert.ok(expects.twindns !== undefined);
  }
});

test('our pair may lose nothing, except where both of it are killed, or its address is taken away', () => {
  const lenient = scenarios.filter(({ expects }) => expects.twindns !== 'no loss').map(({ name }) => name);
  assert.deepEqual(lenient, [
    'interface-deleted',
    'kill-both',
    'both-dead-fails-open',
    'cluster-dns-dead-at-start',
    'both-killed-for-good',
    'uninstalled',
  ]);
});

describe('twindns chaos', { concurrency: 2 }, () => {
  test('lists the scenarios', async () => {
    const { status, stdout, stderr } = await chaos('--list');
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      names,
    );
  });

  test('a name that is none is answered with those there are, and exit code 2', async () => {
    const { status, stdout, stderr } = await chaos('kill-primry');
    assert.deepEqual([status, stdout], [2, '']);
    assert.ok(stderr.startsWith('twindns: there is no scenario "kill-primry". Choose from '), stderr);
    for (const name of names) assert.ok(stderr.includes(name), name);
  });

  const wrong: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['--rate', '0'], /--rate is "0"\. Give a whole number, from 1 to 100000\./],
    [['--connections', 'many'], /--connections is "many"/],
    [['--disasters', '1.5'], /--disasters is "1.5"/],
    [['--seconds', 'x'], /--seconds is "x"\. Give seconds, or a duration/],
    [['--seed', '-1'], /--seed is "-1"/],
    [['--subject', 'bind'], /--subject is "bind".*twindns,no-custody,unbound/],
    [['freeze', '--target', '127.0.0.1:53'], /belong together.*\$SLOT/],
    [['--target', 'localhost', '--stop', 'a', '--start', 'b'], /--target is "localhost": not an address/],
    [
      ['freeze', '--target', '127.0.0.1:53', '--stop', 'a', '--start', 'b'],
      /freeze needs processes of its own/,
    ],
    [['freeze', '--manifests'], /freeze needs processes of its own\. Leave --manifests out/],
    [['--manifests', '--subject', 'unbound'], /--manifests is of our own pair\. Leave unbound out/],
    [
      ['--manifests', '--target', '127.0.0.1:53', '--stop', 'a', '--start', 'b'],
      /--manifests does not go with --target/,
    ],
    [['--picture', 'a.svg'], /--picture shows one scenario\. Name the one/],
    [['freeze', 'oom', '--picture', 'a.svg'], /--picture shows one scenario/],
  ];
  for (const [args, said] of wrong) {
    test(`refuses ${args.join(' ')}`, () => {
      const { names: named, flags } = wordsOf(args);
      assert.throws(
        () => readChaosOptions(named, flags),
        (error) => error instanceof TwindnsError && error.code === 'USAGE' && said.test(error.message),
      );
    });
  }

  test('what is refused is told with exit code 2: a value, an unknown flag, a scenario for nobody', async () => {
    for (const [args, said] of [
      [['--rate', '0'], /^twindns: --rate is "0"\. Give a whole number, from 1 to 100000\./],
      [['--sed', '1'], /unknown option '--sed'/],
      [['kill-both', '--subject', 'unbound'], /none of these scenarios is for unbound/],
    ] as const) {
      const { status, stdout, stderr } = await chaos(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, said);
    }
  });

  for (const [signal, to] of [
    ['SIGINT', 'each of its processes'],
    ['SIGINT', 'the first alone'],
    ['SIGTERM', 'the first alone'],
  ] as const)
    test(`${signal} to ${to}, in the middle, ends all it has started and leaves no folder`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'twindns-stopped-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const program = Program.start(t, [...chaosSuite, 'freeze', '--subject', 'twindns'], {
        group: true,
        env: { ...process.env, TMPDIR: folder } as Record<string, string>,
      });
      await program.says(/freeze against twindns/);
      let family: number[] = [];
      // The upstream and both instances at least; where it may, it runs in a namespace that is one more process.
      for (; family.length < 3; await pause(20)) family = familyOf(program.pid).slice(1);
      process.kill(to === 'the first alone' ? program.pid : -program.pid, signal);
      assert.equal((await program.ended).status, 1);
      for (const pid of family) assert.ok(!runs(pid), `${pid} still runs`);
      assert.deepEqual(readdirSync(folder), []);
    });
});

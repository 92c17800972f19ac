// manifests.test — the pair as the manifests have it, on a stand-in for a node: a roll loses nothing, of one slot
// after the other or of both at once, and what is started is what the manifests say.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { contained } from '../../chaos/cluster/container.ts';
import { resourcesOf } from '../../chaos/cluster/manifests.ts';
import { cluster } from '../../chaos/cluster/node.ts';
import { podsOf } from '../../chaos/cluster/pods.ts';
import { type DaemonSet, isDaemonSet } from '../../chaos/cluster/shapes.ts';
import type { ChaosRun, Outcome } from '../../chaos/report/outcome.ts';
import { chaosSuite, familyOf, Program, runToEnd } from '../lab/program.ts';
import { root } from '../repository/files.ts';
import { runtimePackages } from '../repository/packages.ts';

const chaos = [...chaosSuite, '--manifests', '--subject=twindns'];

async function outcomeOf(...args: string[]): Promise<Outcome> {
  const load = ['--rate=3000', '--connections=40', '--seed=5', '--json=-'];
  const { stdout, stderr } = await runToEnd([...chaos, ...args, ...load], { timeoutMs: 90_000 });
  assert.notEqual(stdout, '', stderr);
  return (JSON.parse(stdout) as ChaosRun).outcomes[0]!;
}

function told({ disasters, udp, tcp, faults, notes }: Outcome): string {
  return JSON.stringify({ disasters, udp, tcp, faults, notes }, undefined, 1);
}

/** What is told to stop at a roll. */
const rolls = [
  ['one DaemonSet after the other', 'rolling-update', 2],
  ['both DaemonSets at once', 'both-at-once', 1],
] as const;

for (const [how, scenario, disasters] of rolls) {
  test(`${how}: no query is lost`, { timeout: 90_000 }, async () => {
    const outcome = await outcomeOf(scenario, '--disasters=1');
    assert.equal(outcome.disasters.length, disasters, told(outcome));
    const { udp, tcp, kernelDrops, faults } = outcome;
    assert.ok(udp.sent > 5000 && tcp.sent > 200, told(outcome));
    const lost = [udp.never, udp.wrong, tcp.never, tcp.wrong, kernelDrops];
    assert.deepEqual(lost, [0, 0, 0, 0, 0], told(outcome));
    // How long answers take depends on what else the machine does.
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('held up')),
      [],
      told(outcome),
    );
  });
}

test('each instance has the rights, the environment and the files of its DaemonSet', {
  timeout: 60_000,
}, async (t) => {
  const program = Program.start(t, [...chaos, 'rolling-update', '--disasters=1'], { group: true });
  await program.says(/rolling-update against twindns/);
  const has = await instances(program.pid);
  const plans = podsOf(resourcesOf('manifests/base'), cluster);
  const bits = { NET_BIND_SERVICE: 10, NET_ADMIN: 12, NET_RAW: 13 };
  for (const { slot, args, rights, environment } of plans.values()) {
    const one = has.get(slot)!;
    const wanted = rights.capabilities.reduce((sum, name) => sum + 2 ** bits[name as keyof typeof bits], 0);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd'])
      assert.equal(Number.parseInt(field(one.status, set), 16), wanted, `${slot}: ${set}`);
    assert.equal(field(one.status, 'NoNewPrivs'), '1');
    assert.equal(field(one.status, 'NSpid').split(/\s+/).at(-1), '1', 'it is the first of its PID namespace');
    assert.deepEqual(one.args.slice(-args.length), args);
    const { TWINDNS_INTERFACE_TYPE, PATH, ...own } = one.environment;
    assert.deepEqual([TWINDNS_INTERFACE_TYPE, PATH], ['tun', process.env.PATH]);
    assert.deepEqual(own, environment);
    assert.match(one.mounts, / \/ \/ ro[, ]/, 'its root is read-only');
    assert.match(one.mounts, / \/run\/twindns rw[, ]/, 'where twins meet is not');
    assert.match(one.resolvConf, /^nameserver 10\.97\.1\.2\n$/);
  }
  process.kill(-program.pid, 'SIGINT');
  await program.ended;
});

test('what the manifests leave open is not guessed', () => {
  const broken = (change: (daemonSet: DaemonSet) => void) => () => {
    const resources = structuredClone(resourcesOf('manifests/base'));
    change(resources.find(isDaemonSet)!);
    podsOf(resources, cluster);
  };
  const containerOf = ({ spec }: DaemonSet) => spec.template.spec.containers[0]!;
  assert.doesNotThrow(broken(() => {}));
  assert.throws(
    broken((it) => delete containerOf(it).securityContext!.capabilities!.drop),
    /twindns-primary does not drop ALL capabilities/,
  );
  assert.throws(
    broken((it) => delete containerOf(it).readinessProbe),
    /twindns-primary lacks one of its three probes/,
  );
  assert.throws(
    broken((it) => containerOf(it).args!.splice(1, 1)),
    /is not told by --slot/,
  );
  const [primary] = podsOf(resourcesOf('manifests/base'), cluster).values();
  const rights = { ...primary!.rights, capabilities: ['NET_RAW'] };
  assert.ok(contained(['x'], rights, {}).includes('--bounding-set=-all,+net_raw'));
});

test('without the parser of YAML a sentence says what to do', async (t) => {
  const folder = checkoutWithoutYaml(t);
  const { status, stdout, stderr } = await runToEnd(
    [process.execPath, `${folder}/dist/src/main.js`, 'chaos', 'rolling-update', '--manifests'],
    { env: { PATH: process.env.PATH ?? '', TWINDNS_CHAOS_NAMESPACE: '1' } },
  );
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^twindns: the manifests cannot be read: the package yaml is not installed.*npm ci/);
});

// ---------------------------------------------------------------------------------------------------------------------

interface Instance {
  readonly args: readonly string[];
  readonly environment: Record<string, string>;
  readonly status: string;
  readonly mounts: string;
  readonly resolvConf: string;
}

/** Both, by their slots, once they run the program. */
async function instances(pid: number): Promise<ReadonlyMap<string, Instance>> {
  for (;;) {
    const found = familyOf(pid).flatMap((one): [string, Instance][] => {
      const [args, env] = ['cmdline', 'environ'].map((file) => read(one, file).split('\0').slice(0, -1));
      const slot = /^--slot=(.*)$/.exec(args!.find((arg) => arg.startsWith('--slot=')) ?? '')?.[1];
      if (slot === undefined || !args![0]!.endsWith('node')) return []; // or still on its way there
      const environment = Object.fromEntries(env!.map((line) => line.split(/=(.*)/s).slice(0, 2)));
      const [status, mounts, resolvConf] = ['status', 'mountinfo', 'root/etc/resolv.conf'].map((file) =>
        read(one, file),
      );
      return [
        [slot, { args: args!, environment, status: status!, mounts: mounts!, resolvConf: resolvConf! }],
      ];
    });
    if (new Set(found.map(([slot]) => slot)).size === 2) return new Map(found);
    await pause(20);
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
}

function checkoutWithoutYaml(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-without-yaml-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['src', 'ha', 'chaos'])
    cpSync(join(root, 'dist', part), join(folder, 'dist', part), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of runtimePackages)
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

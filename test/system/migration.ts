// migration — from NodeLocal DNSCache and back, as manifests/README.md says it, under load: npm run migration
//
// On user-mode Linux, which has the interfaces that nodes have, with a program in the place of NodeLocal DNSCache. Prints each
// thing that held, and what was lost; ends with 1 at the first that did not.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { startDemoUpstream } from '../../src/demo/upstream.ts';
import { checkout, Program, runToEnd, twindns } from '../lab/program.ts';
import { inUml, nodeModules } from '../lab/uml.ts';
import { buildQuery } from '../lab/wire.ts';

const addresses = ['169.254.20.10', '10.96.0.10'] as const;
const patience = 60_000;
/** Milliseconds between queries. */
const PACE = 5;
/** Milliseconds until a question without an answer counts as lost. */
const DUE = 2000;
/** Milliseconds that a question may be in a queue which is read: the guest is slow. */
const QUEUED = 1000;

async function migrate(): Promise<void> {
  // As a kubelet leaves them, for others to see which iptables it uses.
  for (const program of ['iptables-legacy', 'ip6tables-legacy'])
    await output(program, '-t', 'mangle', '-N', 'KUBE-KUBELET-CANARY');
  const { endpoint } = await startDemoUpstream();
  const load = new Questions();

  let cache = await nodeCache();
  load.begin();
  const primary = await instance('primary', 9263, endpoint.port, '--leader', '--keep-interface');
  await primary.says(/this instance keeps the interface and the rules/, patience);
  const secondary = await instance('secondary', 9254, endpoint.port);
  assert.deepEqual(await load.lost(), [], 'lost beside it');
  console.log('both instances started beside it: nothing lost');

  const told = performance.now();
  cache.child.kill('SIGTERM');
  await cache.says(/the interface is away/, patience);
  const ended = cache.ended.then(() => performance.now());
  const back = await comesTrue('the interface is there again', hasAddresses);
  const gone = await ended;
  const whole = await comesTrue('the rules are there again', hasRules);
  const lost = (await load.lost()).map((at) => Math.round(at - told));
  // What comes while there is no address, and what is in its queue when it ends; where rules are missing nothing is lost.
  const inQueue = (at: number) => Math.abs(at - (gone - told)) <= QUEUED;
  assert.ok(
    lost.every((at) => (at >= 0 && at <= back - told) || inQueue(at)),
    `lost at ${lost} ms; interface there again by ${back - told}, NodeLocal DNSCache gone by ${gone - told}`,
  );
  const after = (at: number) => `${Math.round(at - told)} ms`;
  console.log(`it ended: ${lost.length} lost, the last ${lost.at(-1) ?? 0} ms after it was told to`);
  console.log(`the interface was there again by ${after(back)}, the rules by ${after(whole)}`);

  cache = await nodeCache();
  await end(primary);
  await end(secondary);
  assert.ok((await hasAddresses()) && (await hasRules()), 'interface and rules stay');
  assert.deepEqual(await load.lost(), [], 'lost on the way back');
  console.log('back: nothing lost');
  process.exit(0);
}

/** Asks both addresses in turn, each question once and from a port of its own; an answer is one whatever is in it. */
class Questions {
  readonly #sentAt: number[] = [];
  readonly #answered = new Set<number>();
  #judged = 0;

  begin(): void {
    const clients = Array.from({ length: 16 }, () => createSocket('udp4'));
    for (const client of clients) {
      client.on('message', (reply) => this.#answered.add(reply.readUInt16BE(0)));
      client.on('error', () => {}); // an address that is away is a question without an answer
    }
    setInterval(() => {
      const id = this.#sentAt.push(performance.now()) - 1;
      const query = buildQuery({ id, name: 'kubernetes.default.svc.cluster.local' });
      clients[id % 16]!.send(query, 53, addresses[(id >> 4) % 2]!, () => {});
    }, PACE);
  }

  /** When those were sent that were lost of all since the last call. */
  async lost(): Promise<number[]> {
    const from = this.#judged;
    this.#judged = this.#sentAt.length;
    assert.ok(this.#judged > from && this.#judged < 0x10000);
    await pause(DUE);
    return this.#sentAt.slice(from, this.#judged).filter((_at, index) => !this.#answered.has(from + index));
  }
}

async function nodeCache(): Promise<Program> {
  const program = new Program([
    process.execPath,
    `${checkout}dist/test/system/node-cache-process.js`,
    ...addresses,
  ]);
  await program.says(/serves/, patience);
  return program;
}

async function instance(
  slot: string,
  admin: number,
  upstream: number,
  ...more: readonly string[]
): Promise<Program> {
  const given = [`--slot=${slot}`, `--listen=${addresses}`, `--cluster-dns=127.0.0.1:${upstream}`];
  const own = [`--admin=127.0.0.1:${admin}`, '--upstream=127.0.0.1:5300', '--sync-interval=10s'];
  const program = new Program([...twindns, 'run', ...given, ...own, ...more]);
  await program.says(/"listening"/, patience);
  return program;
}

async function end(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  const { status } = await program.ended;
  assert.equal(status, 0, program.said);
}

async function output(...command: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runToEnd(command, { timeoutMs: patience });
  assert.equal(status, 0, `${command.join(' ')}: ${stderr}`);
  return stdout;
}

async function hasAddresses(): Promise<boolean> {
  const found = await output('ip', '-o', 'address');
  return addresses.every((address) => found.includes(`${address}/32`));
}

async function hasRules(): Promise<boolean> {
  const rows = (await output('iptables-legacy-save')).split('\n');
  return addresses.every((address) => rows.some((row) => row.startsWith(`-A PREROUTING -d ${address}/32`)));
}

/** Resolves to when it was true. Looks rarely: to look takes processes, and the guest has one processor. */
async function comesTrue(what: string, isTrue: () => Promise<boolean>): Promise<number> {
  for (const giveUp = performance.now() + patience; !(await isTrue()); await pause(250))
    assert.ok(performance.now() < giveUp, what);
  return performance.now();
}

if (process.argv[2] === 'inside') await migrate();
else {
  const command = [process.execPath, `${checkout}dist/test/system/migration.js`, 'inside'];
  const modules = [...nodeModules, 'iptable_mangle', 'ip6table_mangle'];
  const { status, output: said } = await inUml(command, { timeoutMs: 5 * patience, modules });
  process.stdout.write(said);
  process.exitCode = status;
}

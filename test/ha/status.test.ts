// status.test — what two instances say of each other follows what really happens to them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ARENA_VERSION, Arena } from 'node-reuseport';
import type { Channel } from '../../ha/link/channel.ts';
import { channelPath } from '../../ha/link/channel-directory.ts';
import { type Message, PROTOCOL_VERSION } from '../../ha/link/protocol.ts';
import type { Rendezvous } from '../../ha/link/rendezvous.ts';
import { Peer } from '../../ha/peers/peer.ts';
import { custodyStatus } from '../../ha/status.ts';
import { Custody } from '../../ha/takeover/custody.ts';
import type { Slot } from '../../src/config.ts';
import { Counters } from '../../src/counters.ts';
import { RECORDS_BYTES } from '../../src/handover/arena-words.ts';
import type { Handover } from '../../src/handover/handover.ts';
import type { EnabledCustodyStatus, ResolverStatus } from '../../src/status.ts';
import { version } from '../../src/version.ts';
import { TcpClient, UdpClient } from '../lab/client.ts';
import { freePort } from '../lab/free-port.ts';
import { holdingsOf } from '../lab/holdings.ts';
import { type Instance, startInstance } from '../lab/instance.ts';
import { nameText } from '../lab/message.ts';
import { Program, runToEnd, twindns } from '../lab/program.ts';
import { silentLog } from '../lab/resolver.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { plain } from '../lab/scripts.ts';
import { buildQuery, options } from '../lab/wire.ts';

/** Clients of one kind: enough that the kernel gives each instance some of them. */
const CLIENTS = 24;

interface Setting {
  readonly port: number;
  start(slot: Slot): Promise<Instance>;
  /** UDP clients and TCP connections, each with a question of its own. */
  ask(prefix: string): Promise<void>;
  connect(prefix: string, padding?: number): Promise<TcpClient[]>;
}

/** Names that begin with `held` are never answered by the upstream. */
async function setUp(t: TestContext, flags: readonly string[] = []): Promise<Setting> {
  const upstream = await ScriptedUpstream.start((query, line) =>
    nameText(query.name).startsWith('held') ? undefined : plain(query, line),
  );
  t.after(() => upstream.stop());
  const port = await freePort();
  const server = { address: '127.0.0.1', port };
  const args = [`--port=${port}`, `--upstream=127.0.0.1:${upstream.endpoint.port}`, ...flags];
  const name = (prefix: string, n: number) => `${prefix}-${n}.example`;
  return {
    port,
    start: (slot) => startInstance(t, [...args, `--slot=${slot}`]),
    async ask(prefix) {
      for (let n = 0; n < CLIENTS; n++) {
        const client = await UdpClient.open(server);
        t.after(() => client.close());
        client.send(buildQuery({ name: name(prefix, n) }));
      }
    },
    async connect(prefix, padding = 0) {
      const edns = { options: [{ code: options.PADDING, data: new Uint8Array(padding) }] };
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => TcpClient.open(server)));
      for (const [n, client] of clients.entries()) {
        t.after(() => client.close());
        client.send(buildQuery({ name: name(prefix, n), edns }));
      }
      return clients;
    },
  };
}

async function custodyOf(instance: Instance): Promise<EnabledCustodyStatus> {
  const { custody } = await instance.status();
  assert.ok(custody.enabled);
  return custody;
}

/** Resolves when an instance says so. */
async function until(
  instance: Instance,
  what: (custody: EnabledCustodyStatus) => boolean,
): Promise<EnabledCustodyStatus> {
  for (let waited = 0; ; waited += 20) {
    const custody = await custodyOf(instance);
    if (what(custody)) return custody;
    assert.ok(waited < 10_000, `${what} is not true after 10 s: ${JSON.stringify(custody)}`);
    await pause(20);
  }
}

/** Resolves to how many TCP connections an instance has once it says so. */
async function busy(instance: Instance, what: (status: ResolverStatus) => boolean): Promise<number> {
  for (let looks = 0; looks < 1000; looks++) {
    const status = await instance.status();
    if (what(status)) return status.tcpConnections;
  }
  assert.fail(`${what} is not true`);
}

const seen = ({ twins }: EnabledCustodyStatus) => twins.some(({ serving }) => serving);
const alone = ({ twins }: EnabledCustodyStatus) => twins.length === 0;

async function startBoth({ start }: Setting): Promise<[Instance, Instance]> {
  const both: [Instance, Instance] = [await start('primary'), await start('secondary')];
  for (const instance of both) await until(instance, seen);
  return both;
}

async function end({ program }: Instance, signal: NodeJS.Signals): Promise<void> {
  const exit = once(program.child, 'exit');
  program.child.kill(signal);
  await exit;
}

async function scrape({ admin }: Instance): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${admin.port}/metrics`);
  return (await response.text()).split('\n');
}

test('two instances see each other, hold each other’s connections, and read their own sockets', async (t) => {
  const setting = await setUp(t);
  const [primary, secondary] = await startBoth(setting);
  await setting.connect('a');
  const { tcpConnections } = await primary.status();
  const held = (custody: EnabledCustodyStatus) =>
    custody.twins[0]?.heldConnections === tcpConnections && tcpConnections > 0;
  const { twins, ...custody } = await until(secondary, held);
  const { beatAgeMs, ...twin } = twins[0]!;
  assert.ok(beatAgeMs !== null && beatAgeMs < 5000, `${beatAgeMs} ms`);
  assert.deepEqual(twin, {
    slot: 'primary',
    pid: primary.program.pid,
    version,
    serving: true,
    leaving: false,
    readBeside: false,
    heldConnections: tcpConnections,
    heldAnswerBytes: 0,
    layoutKnown: true,
  });
  assert.equal(custody.protocol, PROTOCOL_VERSION);
  assert.deepEqual(custody.guard, { slot: 'primary', pid: primary.program.pid });
  assert.equal(custody.untoldConnections, 0);
  assert.deepEqual(custody.reads[0], { slot: 'secondary', pid: secondary.program.pid, reason: 'own' });
  const { fills } = await until(secondary, ({ fills }) => fills.sent > 0 && fills.taken > 0);
  assert.ok(fills.received >= fills.taken);
});

test('a killed twin: its death, its queries and connections are told, then the new process', async (t) => {
  const setting = await setUp(t);
  const [primary, secondary] = await startBoth(setting);
  await setting.connect('held-tcp');
  await setting.ask('held-udp');
  await busy(primary, ({ inFlight, tcpConnections }) => inFlight >= 2 && tcpConnections >= 2);
  await end(primary, 'SIGKILL');
  // What it had in hand is gone on with in turns.
  const after = await until(
    secondary,
    (custody) => alone(custody) && custody.replayed >= 2 && custody.inheritedConnections >= 2,
  );
  assert.deepEqual({ ...after.takeovers, stuck: 0 }, { died: 1, left: 0, stuck: 0 });
  assert.ok(after.takeoverSeconds > 0 && after.takeoverSeconds < 5);
  assert.equal(after.guard, null);
  assert.equal(after.untoldConnections, (await secondary.status()).tcpConnections);
  assert.deepEqual(after.reads[1], { slot: 'primary', pid: primary.program.pid, reason: 'died' });
  const metrics = await scrape(secondary);
  for (const line of [
    'twindns_custody_takeovers_total{reason="died"} 1',
    'twindns_twin_seen 0',
    'twindns_custody_slot_sockets_read{slot="primary"} 1',
  ])
    assert.ok(metrics.includes(line), line);
  const replayed = metrics.find((line) => line.startsWith('twindns_replayed_queries_total '));
  assert.ok(Number(replayed?.split(' ')[1]) >= after.replayed, replayed);

  const next = await setting.start('primary');
  const found = await until(secondary, (custody) => seen(custody) && custody.reads.length === 1);
  assert.notEqual(next.program.pid, primary.program.pid);
  assert.equal(found.twins[0]!.pid, next.program.pid);
  assert.equal(found.guard?.pid, next.program.pid);
  const again = await scrape(secondary);
  for (const line of [
    'twindns_twin_seen 1',
    `twindns_twin_info{slot="primary",version="${version}"} 1`,
    'twindns_custody_slot_sockets_read{slot="primary"} 0',
  ])
    assert.ok(again.includes(line), line);
});

test('a twin that was told to stop has left, it did not die', async (t) => {
  const setting = await setUp(t);
  const [primary, secondary] = await startBoth(setting);
  await end(secondary, 'SIGTERM');
  const { takeovers, reads } = await until(primary, alone);
  assert.deepEqual({ ...takeovers, stuck: 0 }, { died: 0, left: 1, stuck: 0 });
  assert.deepEqual(reads[1], { slot: 'secondary', pid: secondary.program.pid, reason: 'left' });
});

test('a stopped twin is seen, silent and read beside; its connections are lost to it', async (t) => {
  const setting = await setUp(t);
  const [primary, secondary] = await startBoth(setting);
  await setting.connect('held-before');
  const connections = await busy(primary, ({ tcpConnections }) => tcpConnections >= 2);
  await until(secondary, ({ twins }) => twins[0]!.heldConnections === connections);
  const before = await custodyOf(secondary);
  primary.program.child.kill('SIGSTOP');
  await setting.ask('while-stopped');
  const reads = { slot: 'primary', pid: primary.program.pid, reason: 'stuck' };
  const beside = await until(secondary, ({ twins }) => twins[0]!.readBeside);
  assert.deepEqual(beside.reads[1], reads);
  assert.ok(beside.stolen > before.stolen);
  const silent = await until(secondary, ({ takeovers }) => takeovers.stuck > before.takeovers.stuck);
  assert.ok(silent.twins[0]!.beatAgeMs! >= 100);
  assert.ok(silent.twins[0]!.serving);
  assert.ok(silent.inheritedConnections >= before.inheritedConnections + 2);
  primary.program.child.kill('SIGCONT');
  await until(primary, ({ relinquishedConnections }) => relinquishedConnections >= 2);
  await until(secondary, ({ twins, reads }) => twins[0]!.beatAgeMs! < 100 && reads.length === 1);
});

test('a caller of another user is refused and counted', async (t) => {
  const setting = await setUp(t);
  const primary = await setting.start('primary');
  const name = channelPath({ listen: ['127.0.0.1'], port: setting.port }, 'primary');
  // Only root can become somebody else; for anybody else the caller is of the same user and is let in.
  const other = process.geteuid!() === 0;
  const script = `import { connectChannel } from 'node-reuseport';
    connectChannel(${JSON.stringify(name)});
    console.log('called');
    setInterval(() => {}, 1000);`;
  // One that gets past the permissions of the directory.
  const asOther = ['setpriv', '--reuid=65534', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const command = [process.execPath, '--input-type=module', '-e', script];
  const caller = Program.start(t, [...(other ? asOther : []), ...command]);
  await caller.says(/called/);
  if (!other) return t.diagnostic('needs root to call as another user');
  await primary.program.says(/another user/);
  assert.equal((await custodyOf(primary)).refusedCallers, 1);
  assert.ok((await scrape(primary)).includes('twindns_custody_refused_callers_total 1'));
});

test('a query too long for a slot is told to be unprotected', async (t) => {
  const setting = await setUp(t);
  const primary = await setting.start('primary');
  await setting.connect('held-long', 4000);
  const { unprotected } = await until(primary, ({ unprotected }) => unprotected.queries > 0);
  assert.equal(unprotected.connections, 0);
});

test('without custody it says so', async (t) => {
  const setting = await setUp(t, ['--no-custody']);
  const primary = await setting.start('primary');
  assert.deepEqual((await primary.status()).custody, { enabled: false });
  const metrics = await scrape(primary);
  for (const line of ['twindns_custody_enabled 0', 'twindns_twin_seen 0']) assert.ok(metrics.includes(line));
  const { stdout } = await runToEnd([...twindns, 'status', `--admin=127.0.0.1:${primary.admin.port}`]);
  assert.match(stdout, /^primary +custody is off /m);
});

test('a twin that starts, leaves, or keeps its memory in another form is told apart; rare events are told', () => {
  const met = new Peer(
    { pid: 1, fd: -1 } as Channel,
    { slot: 'primary', pid: 1, version: '9', protocol: PROTOCOL_VERSION } as Message,
  );
  const custody = new Custody(silentLog, () => met);
  custody.counters.tornConnections = 3;
  const problems = [{ problem: 'slot', text: 'one waits' }] as const;
  const fills = { sent: 1, dropped: 2, received: 3, taken: 4, rejected: 5 };
  const { events } = new Counters([]);
  Object.assign(events, { suspectsRefused: 7, unprotectedQueries: 8, unprotectedConnections: 9 });
  const handover = { slot: 'secondary', events, connections: { count: 0 } } as unknown as Handover;
  const status = () =>
    custodyStatus(
      handover,
      met,
      custody,
      undefined,
      { refused: 6 } as Rendezvous,
      { all: problems, settingsMatch: {} },
      fills,
    );
  const twin = () =>
    status().twins.map(({ serving, leaving, layoutKnown }) => [serving, leaving, layoutKnown]);
  assert.deepEqual(twin(), [[false, false, null]]);
  const arena = new Arena({ records: RECORDS_BYTES });
  met.hold(holdingsOf('primary', arena));
  met.state = 'leaving';
  assert.deepEqual(twin(), [[false, true, true]]);
  arena.header[1] = ARENA_VERSION + 1;
  met.hold(holdingsOf('primary', arena));
  assert.deepEqual(twin(), [[true, false, false]]);
  assert.equal(status().twins[0]!.beatAgeMs, null);
  const { refusedCallers, tornConnections, suspectsRefused, unprotected } = status();
  assert.deepEqual([refusedCallers, tornConnections, suspectsRefused], [6, 3, 7]);
  assert.deepEqual(unprotected, { queries: 8, connections: 9 });
  assert.deepEqual([status().fills, status().problems], [fills, problems]);
});

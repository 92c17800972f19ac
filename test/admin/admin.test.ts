// admin.test — each path tells the truth: alive, ready only while the address answers, counters, status; a taken port is told.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startAdmin } from '../../src/admin/admin.ts';
import { Budget } from '../../src/budget.ts';
import { Counters } from '../../src/counters.ts';
import { createLog } from '../../src/log/log.ts';
import { buildConfig } from '../../src/options/build-config.ts';
import { readOptions } from '../../src/options/options.ts';
import type { ResolverStatus } from '../../src/status.ts';
import { bindBoth, freePort } from '../lab/free-port.ts';
import { noParts, noStalls } from '../lab/nothing.ts';

const status: ResolverStatus = {
  slot: 'primary',
  pid: 1,
  version: '0',
  uptimeSeconds: 1,
  listen: [],
  queries: 0,
  answers: 0,
  hits: 0,
  inFlight: 0,
  tcpConnections: 0,
  budget: [],
  cache: { bytes: 0, maxBytes: 0, parts: noParts, entries: { success: 0, denial: 0 } },
  routes: [],
};
/** What keeps the instance from being ready. */
const why: { cluster?: string; node?: string } = {};
const resolver = {
  counters: new Counters(['.']),
  status: () => status,
  upstreamCounters: () => [],
  stalls: noStalls,
  servers: () => [],
  sockets: [],
  custody: () => ({ enabled: false }) as const,
  budget: new Budget(),
  node: () => undefined,
  preStop: () => preStops++,
  waitsForClusterDns: () => why.cluster,
  pending: () => why.node,
};
let preStops = 0;

interface Responder {
  /** The flags of its answers to STATUS over TCP; unless given those over UDP. Undefined: it closes the connection. */
  readonly tcpFlags?: number | undefined;
  /** Whether the instance under test counts an answer as its own. */
  readonly own?: boolean;
}

/** A server whose answer to STATUS is an echo with these flags. */
async function responder(t: TestContext, flags: number, given: Responder = {}): Promise<number> {
  const { own = true, tcpFlags } = { tcpFlags: flags, ...given };
  const { udp, tcp, port, close } = await bindBoth('127.0.0.1');
  const answered = (query: Buffer, flags: number) => {
    query.writeUInt16BE(flags, 2);
    if (own) resolver.counters.zones[resolver.counters.probes]!.responses[4]! += 1;
    return query;
  };
  udp.on('message', (query, from) => udp.send(answered(query, flags), from.port, from.address));
  tcp.on('connection', (socket) => {
    socket.on('error', () => {}).on('end', () => socket.destroy());
    socket.on('data', (frame: Buffer) => {
      if (tcpFlags === undefined) return socket.end();
      socket.write(Buffer.concat([frame.subarray(0, 2), answered(frame.subarray(2), tcpFlags)]));
    });
  });
  t.after(close);
  return port;
}

interface Start {
  readonly admin?: number;
  readonly health?: number;
  readonly metrics?: number;
  readonly expected?: boolean;
  readonly listen?: string;
}

async function started(t: TestContext, port: number, given: Start = {}) {
  const { admin: adminPort = 0, health: healthPort, expected = false, listen = '127.0.0.1' } = given;
  const metrics: Record<string, string> =
    given.metrics === undefined ? {} : { metrics: `127.0.0.1:${given.metrics}` };
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'json', write: (line) => lines.push(line), now: () => 0 });
  const health: Record<string, string> =
    healthPort === undefined ? {} : { health: `127.0.0.1:${healthPort}` };
  const options = readOptions(
    {
      listen,
      port: String(port),
      admin: `127.0.0.1:${adminPort}`,
      upstream: '192.0.2.1',
      ...health,
      ...metrics,
    },
    {},
  );
  const { config } = buildConfig(options, { slot: 'primary', terminal: false, readFile: () => undefined });
  const admin = startAdmin(config, { ...resolver, listeners: () => config.listeners }, log, expected, 20);
  t.after(() => admin.stop());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${admin.endpoint!.port}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };
  const said = () => lines.join('');
  const logs = async (pattern: RegExp) => {
    while (!pattern.test(said())) await pause(5);
  };
  return { admin, get, said, logs };
}

const notImp = 0x9004;
const refused = 0x9005;

test('alive and ready under the names of CoreDNS and of Kubernetes', async (t) => {
  const { get } = await started(t, await responder(t, notImp));
  for (const path of ['/health', '/livez', '/ready', '/readyz', '/ready?verbose']) {
    assert.deepEqual(await get(path), { status: 200, body: 'OK\n' }, path);
  }
});

test('not ready when the address gives another answer or none', async (t) => {
  const { get } = await started(t, await responder(t, refused));
  const { status, body } = await get('/ready');
  assert.equal(status, 503);
  assert.match(body, /not ready: no answer within 2500 ms/);
  const nobody = await started(t, 9); // discard: nothing listens
  assert.match((await nobody.get('/ready')).body, /not ready: .*ECONNREFUSED/);
  assert.equal((await nobody.get('/health')).status, 200);
});

test('not ready when TCP gives another answer or none', async (t) => {
  const closing = await started(t, await responder(t, notImp, { tcpFlags: undefined }));
  assert.match((await closing.get('/ready')).body, /over TCP is not ready: the connection was closed/);
  const other = await started(t, await responder(t, notImp, { tcpFlags: refused }));
  assert.match((await other.get('/ready')).body, /over TCP is not ready: another answer/);
});

test('not ready while one of several addresses does not answer, which is named', async (t) => {
  const { get } = await started(t, await responder(t, notImp), { listen: '127.0.0.1,127.0.0.9' });
  assert.match(
    (await get('/ready')).body,
    /^The resolver at 127\.0\.0\.9:\d+ over UDP is not ready: .*ECONNREFUSED/,
  );
});

test('not ready while the cluster DNS is waited for, nor while something of the node is missing', async (t) => {
  const { get } = await started(t, await responder(t, notImp));
  for (const [what, reason, said] of [
    [
      'cluster',
      'it says nothing',
      'This instance takes no query before the cluster DNS has answered: it says nothing.\n',
    ],
    ['node', 'The rules are not set yet.', 'The rules are not set yet.\n'],
  ] as const) {
    why[what] = reason;
    assert.deepEqual(await get('/ready'), { status: 503, body: said });
    delete why[what];
    assert.equal((await get('/ready')).status, 200);
  }
});

test('not ready from the moment it is stopping, and still there', async (t) => {
  const { admin, get } = await started(t, await responder(t, notImp));
  admin.announceStop();
  assert.deepEqual(await get('/ready'), { status: 503, body: 'This instance is stopping.\n' });
  assert.equal((await get('/health')).status, 200);
});

test('metrics and status are served, other paths and methods are not', async (t) => {
  const { get } = await started(t, 9);
  assert.match((await get('/metrics')).body, /^coredns_build_info\{/m);
  const { slot, custody } = JSON.parse((await get('/status')).body);
  assert.deepEqual({ slot, custody }, { slot: 'primary', custody: { enabled: false } });
  assert.equal((await get('/')).status, 404);
  assert.equal((await get('/status', 'POST')).status, 405);
});

test('a port that is taken is an error line that names it and the flag, and is served once it is free', async (t) => {
  const { admin } = await started(t, 9);
  const { port } = admin.endpoint!;
  const second = await started(t, 9, { admin: port });
  await second.logs(/DNS is served without this port/);
  assert.match(second.said(), new RegExp(`127\\.0\\.0\\.1:${port}: the port is taken.*--admin ADDR:PORT`));
  admin.stop();
  await second.logs(/is served now/);
  const { ports } = JSON.parse((await second.get('/status')).body);
  assert.deepEqual([ports[0].name, ports[0].served, ports[0].failures > 0], ['admin', true, true]);
  assert.match((await second.get('/metrics')).body, /^twindns_port_failures_total\{port="admin"\} [1-9]/m);
});

test('a port that its last process is about to give back is a warning, and an error only when it does not', async (t) => {
  const { admin } = await started(t, 9);
  const next = await started(t, 9, { admin: admin.endpoint!.port, expected: true });
  assert.match(next.said(), /"level":"warn".*in use by another process; trying each second/);
  assert.doesNotMatch(next.said(), /"level":"error"/);
  await next.logs(/"level":"error".*DNS is served without this port/);
});

test('the port for probes gives the same answers', async (t) => {
  const { admin, get } = await started(t, await responder(t, notImp), { health: await freePort() });
  const { ports } = JSON.parse((await get('/status')).body);
  assert.deepEqual(
    ports.map(({ name, served }: { name: string; served: boolean }) => [name, served]),
    [
      ['admin', true],
      ['health', true],
    ],
  );
  assert.equal(await (await fetch(`http://${ports[1].address}/ready`)).text(), 'OK\n');
  admin.announceStop();
  assert.equal((await fetch(`http://${ports[1].address}/ready`)).status, 503);
});

test('the port of --metrics has metrics alone, beside and together with what a Corefile asks for', async (t) => {
  const port = await freePort();
  const { admin } = await started(t, await responder(t, notImp), { metrics: port });
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  const both = async () => [await statusOf('/metrics'), await statusOf('/health')];
  assert.deepEqual(await both(), [200, 404]);
  admin.setPlanned([{ at: { address: '127.0.0.1', port }, pages: ['health'], lameduck: 0 }]);
  assert.deepEqual(await both(), [200, 200]);
  admin.setPlanned([]);
  assert.deepEqual(await both(), [200, 404]);
});

test('that an instance is to be replaced is heard at the port of the node alone', async (t) => {
  const { get } = await started(t, 9, { health: await freePort() });
  assert.equal((await get('/prestop')).status, 403);
  assert.equal(preStops, 0);
  const [, { address }] = JSON.parse((await get('/status')).body).ports;
  assert.equal((await fetch(`http://${address}/prestop`)).status, 200);
  assert.equal(preStops, 1);
});

test('not ready while only another process answers in its place', async (t) => {
  const { get } = await started(t, await responder(t, 0x9004, { own: false }));
  const { status: code, body } = await get('/ready');
  assert.equal(code, 503);
  assert.match(body, /another process answered/);
});

test('as many scrapers at once as one source may be get one text, made at most once a second', async (t) => {
  const { get } = await started(t, 9);
  const scrapers = 12; // of a source's 16 connections
  const began = performance.now();
  const texts = await Promise.all(Array.from({ length: scrapers }, async () => (await get('/metrics')).body));
  const most = 1 + Math.floor((performance.now() - began) / 1000);
  const made = new Set(texts).size;
  assert.ok(made <= most, `${made} instead of ${most}`);
});

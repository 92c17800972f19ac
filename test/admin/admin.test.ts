// admin.test — each path tells the truth: alive, ready only while the address answers, counters, status; a taken port is told.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startAdmin } from '../../src/admin/admin.ts';
import type { Source } from '../../src/admin/source.ts';
import { Counters } from '../../src/counters.ts';
import { createLog } from '../../src/log/log.ts';
import { buildConfig } from '../../src/options/build-config.ts';
import { readOptions } from '../../src/options/options.ts';
import type { ResolverStatus } from '../../src/status.ts';

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
  cache: { bytes: 0, maxBytes: 0, entries: { success: 0, denial: 0 } },
  routes: [],
};
const resolver: Source = {
  counters: new Counters(['.']),
  status: () => status,
  upstreamCounters: () => [],
  sockets: [],
  custody: () => ({ enabled: false }),
  node: () => undefined,
};
const log = createLog({ level: 'error', format: 'json', write() {}, now: () => 0 });

/** A server whose answer to STATUS is an echo with these flags; `own`: whether the instance under test counts it as its own. */
async function responder(t: TestContext, flags: number, own = true): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (query, from) => {
    query.writeUInt16BE(flags, 2);
    if (own) resolver.counters.zones.at(-1)!.responses[4]! += 1;
    socket.send(query, from.port, from.address);
  });
  t.after(() => socket.close());
  return socket.address().port;
}

async function started(t: TestContext, port: number, adminPort = 0) {
  const options = readOptions(
    { port: String(port), admin: `127.0.0.1:${adminPort}`, upstream: '192.0.2.1' },
    {},
  );
  const { config } = buildConfig(options, { slot: 'primary', terminal: false, readFile: () => undefined });
  const admin = await startAdmin(config, resolver, log);
  t.after(() => admin.stop());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${admin.endpoint.port}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };
  return { admin, get };
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
  assert.match(body, /not ready: no answer within 1000 ms/);
  const nobody = await started(t, 9); // discard: nothing listens
  assert.match((await nobody.get('/ready')).body, /not ready: .*ECONNREFUSED/);
  assert.equal((await nobody.get('/health')).status, 200);
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

test('a port that is taken is one sentence that names it and the flag', async (t) => {
  const { admin } = await started(t, 9);
  await assert.rejects(started(t, 9, admin.endpoint.port), {
    code: 'CANNOT_BIND',
    exitCode: 5,
    message: new RegExp(`127\\.0\\.0\\.1:${admin.endpoint.port}: the port is taken.*--admin ADDR:PORT`),
  });
});

test('not ready while only another process answers in its place', async (t) => {
  const { get } = await started(t, await responder(t, 0x9004, false));
  const { status: code, body } = await get('/ready');
  assert.equal(code, 503);
  assert.match(body, /another process answered/);
});

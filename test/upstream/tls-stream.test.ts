// tls-stream.test — DNS over TLS: who is asked, over how many connections, and what becomes of questions when one ends; at a clock
// of the test's own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { after, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Bound } from '../../src/budget.ts';
import type { Fields } from '../../src/log/log.ts';
import { Deadlines } from '../../src/loop/deadlines.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import { Exchange, type ExchangeFailure } from '../../src/upstream/exchange.ts';
import { probeQuestion } from '../../src/upstream/probe.ts';
import { Servers } from '../../src/upstream/servers.ts';
import { TlsTrust } from '../../src/upstream/tls-trust.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { makeCertificates, type Pair } from '../lab/certificates.ts';
import { startTlsServer } from '../lab/tls-server.ts';

const { ca, own, good, expired, selfSigned } = makeCertificates({ after }, 'DNS:dns.node.test');

const health = { interval: 500, recursionDesired: true, domain: '' };

interface Asker {
  readonly upstream: Upstream;
  readonly warnings: string[];
  /** Lets time pass. */
  pass(ms: number): void;
  /** Undefined: it was answered. */
  ask(): Promise<ExchangeFailure | undefined>;
}

function askerOf(
  t: TestContext,
  port: number,
  authority: string | undefined,
  serverName?: string,
  ours: { readonly cert?: string; readonly key?: string } = {},
): Asker {
  let now = 0;
  const warnings: string[] = [];
  const fail = (error: unknown) => assert.fail(String(error));
  const loop = new EventLoop(fail);
  const deadlines = new Deadlines(() => now, fail);
  const warn = (_text: string, { why }: Fields = {}) => void warnings.push(String(why));
  const context = {
    ...{ loop, deadlines, now: () => now },
    servers: new Servers(() => now),
    sockets: new Bound('upstream_sockets', 'sockets', 100),
    log: { warn, info() {} },
    sweepLater() {},
  };
  const trust = new TlsTrust({ ca: authority, cert: ours.cert, key: ours.key });
  const manner = { maxFails: 1, health, expire: 10_000, maxAge: 0, tls: { trust, serverName } };
  const upstream = new Upstream({ address: '127.0.0.1', port }, 'tls', context, manner);
  t.after(() => {
    upstream.close();
    deadlines.stop();
    loop.close();
  });
  return {
    ...{ upstream, warnings },
    pass: (ms) => {
      now += ms;
      deadlines.tick();
      upstream.sweep(now);
    },
    ask: () =>
      new Promise((resolve) => {
        const question = probeQuestion({
          answered: () => resolve(undefined),
          failed: (_exchange, reason) => resolve(reason),
        });
        upstream.ask(new Exchange(question, upstream, 'tls', true, now), now);
      }),
  };
}

async function until(holds: () => boolean, ms = 15_000): Promise<void> {
  for (const end = performance.now() + ms; !holds(); await turn())
    assert(performance.now() < end, `not within ${ms} ms`);
}

test('questions share a connection to a server whose certificate has the name', async (t) => {
  const server = await startTlsServer(t, good);
  const asker = askerOf(t, server.port, ca, 'dns.node.test');
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => asker.ask()));
  assert.deepEqual(new Set(outcomes), new Set([undefined]));
  assert.equal(server.open.length, 1);
  assert.equal(server.open[0]!.servername, 'dns.node.test');
  assert.equal(asker.upstream.counters()[0]!.connectionsOpened, 1);
});

test('the address stands for the name where none is given', async (t) => {
  const ofAddress = makeCertificates(t, 'IP:127.0.0.1');
  const server = await startTlsServer(t, ofAddress.good);
  assert.equal(await askerOf(t, server.port, ofAddress.ca).ask(), undefined);
  assert.equal(server.open[0]!.servername, false);
});

test('a server that asks who we are is shown our certificate', async (t) => {
  const options = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(ca) };
  const server = await startTlsServer(t, good, options);
  assert.equal(await askerOf(t, server.port, ca, 'dns.node.test', own).ask(), undefined);
  const nobody = askerOf(t, server.port, ca, 'dns.node.test');
  assert.equal(await nobody.ask(), 'closed');
  assert.match(nobody.warnings.join(), /wants a certificate of ours/);
  assert.equal(server.asked, 1);
});

test('a server that is not who it should be is asked nothing, and the log says why', async (t) => {
  const cases: readonly [Pair, string | undefined, string, RegExp][] = [
    [good, ca, 'dns.other.test', /not for dns\.other\.test; it is for dns\.node\.test/],
    [expired, ca, 'dns.node.test', /has expired/],
    [selfSigned, ca, 'dns.node.test', /none of the authorities trusted here/],
    [good, undefined, 'dns.node.test', /none of the authorities trusted here/],
    [good, '/no/such/ca.pem', 'dns.node.test', /no such file/],
  ];
  for (const [pair, authority, name, why] of cases) {
    const server = await startTlsServer(t, pair);
    const asker = askerOf(t, server.port, authority, name);
    assert.equal(await asker.ask(), 'refused');
    assert.equal(await asker.ask(), 'refused');
    assert.equal(asker.upstream.counters()[0]!.connectionsOpened, 1, 'a second handshake at once');
    asker.pass(300);
    assert.equal(await asker.ask(), 'refused');
    assert.equal(asker.warnings.length, 1, 'it is told once');
    assert.match(asker.warnings[0]!, why);
    assert.equal(server.asked, 0);
  }
});

test('questions on a connection that ends are asked again on another, which resumes', async (t) => {
  const server = await startTlsServer(t, good);
  const asker = askerOf(t, server.port, ca, 'dns.node.test');
  assert.equal(await asker.ask(), undefined);
  for (let round = 0; round < 3; round++) {
    server.held = [];
    const asked = Array.from({ length: 10 }, () => asker.ask());
    await until(() => server.held?.length === 10);
    server.held = undefined;
    round === 0 ? server.open[0]!.end() : server.open[0]!.destroy();
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([undefined]), 'none is lost');
  }
  await until(() => server.open.length === 1);
  assert(server.open[0]!.isSessionReused());
});

test('certificates that were replaced are read again, and those that went hold', async (t) => {
  const path = makeCertificates(t, 'DNS:another.test').ca;
  const server = await startTlsServer(t, good);
  const asker = askerOf(t, server.port, path, 'dns.node.test');
  assert.equal(await asker.ask(), 'refused');
  copyFileSync(ca, path);
  asker.pass(300);
  assert.equal(await asker.ask(), undefined);
  rmSync(path);
  server.breaks = 1;
  server.open[0]!.destroy();
  assert.equal(await asker.ask(), 'closed');
  server.breaks = 0;
  assert.equal(await asker.ask(), undefined);
});

test('a server that ends each connection in its handshake is tried five times for a question, and told of once', async (t) => {
  const server = await startTlsServer(t, good);
  server.breaks = 1;
  const asker = askerOf(t, server.port, ca, 'dns.node.test');
  assert.equal(await asker.ask(), 'closed');
  assert.equal(asker.upstream.counters()[0]!.connectionsOpened, 5);
  assert.equal(asker.warnings.length, 1);
  server.breaks = 0;
  assert.equal(await asker.ask(), undefined);
});

test('a connection that is old is followed by another, and closed when it owes nothing', async (t) => {
  const server = await startTlsServer(t, good);
  const asker = askerOf(t, server.port, ca, 'dns.node.test');
  assert.equal(await asker.ask(), undefined);
  const [first] = server.open;
  for (let seconds = 0; seconds < 60; seconds++) {
    const { asked } = server;
    const opened = server.open.length;
    const { connectionsOpened } = asker.upstream.counters()[0]!;
    asker.pass(1000);
    const isTried = asker.upstream.counters()[0]!.connectionsOpened > connectionsOpened;
    if (isTried) await until(() => server.asked > asked || server.open.length > opened);
    assert.equal(await asker.ask(), undefined);
  }
  // Closed at a sweep: time passes on.
  await until(() => {
    asker.pass(100);
    return first!.destroyed;
  });
});

test('a server that does not shake hands has failed after three seconds', async (t) => {
  const sockets: Socket[] = [];
  const mute = createTcpServer((socket) => void sockets.push(socket));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.after(() => {
    mute.close();
    for (const socket of sockets) socket.destroy();
  });
  const asker = askerOf(t, (mute.address() as AddressInfo).port, undefined, 'dns.node.test');
  const asked = asker.ask();
  await until(() => sockets.length === 1);
  await new Promise((resolve) => sockets[0]!.once('data', resolve));
  asker.pass(3010);
  assert.equal(await asked, 'refused');
  assert.match(asker.warnings[0]!, /no handshake within 3 s/);
});

test('an instance that asks none over TLS does not load it', () => {
  const resolver = new URL('../../src/resolver.js', import.meta.url).href;
  const print = "console.log(process.moduleLoadList.filter((name) => name.endsWith(' tls')).length)";
  const found = execFileSync(process.execPath, ['-e', `import('${resolver}').then(() => ${print})`]);
  assert.equal(found.toString(), '0\n');
});

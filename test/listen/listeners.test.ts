// listeners.test — where an instance listens changes while it runs: what is new is served at once, what is given up is answered to
// its end, and where one endpoint cannot be had nothing changes.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { type Endpoint, formatEndpoint } from '../../src/config.ts';
import { MOST_ENDPOINTS } from '../../src/handover/endpoint-table.ts';
import { alone } from '../../src/instance/membership.ts';
import type { Resolver } from '../../src/resolver.ts';
import { createResolver } from '../../src/resolver.ts';
import { askTcp, askUdp } from '../lab/client.ts';
import { endpointsAt } from '../lab/endpoints.ts';
import { bindBoth, freePort } from '../lab/free-port.ts';
import { configAt, silentLog, startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

const address = '127.0.0.1';
const query = buildQuery({ name: 'x.example' });
const isRefused = (endpoint: Endpoint) =>
  askUdp(endpoint, query, { timeoutMs: 300 }).then(
    () => false,
    () => true,
  );
const places = (resolver: Resolver) => resolver.status().listen.map(({ address }) => address);
const both = (...endpoints: readonly Endpoint[]) =>
  endpoints.flatMap((one) => ['udp', 'tcp'].map((kind) => `${formatEndpoint(one)}/${kind}`));

test('a port that is added is answered over both, and given up it takes no more', async (t) => {
  const lab = await startLab(t);
  const { resolver, endpoint } = lab;
  const other = { address, port: await freePort() };
  resolver.setListeners([other, endpoint]);
  assert.deepEqual(places(resolver), both(endpoint, other));
  await Promise.all([askUdp(other, query), askTcp(other, query), askUdp(endpoint, query)]);
  const membership = alone();
  membership.serving(resolver.handover);
  membership.planChanged();
  assert.deepEqual(places(resolver), both(endpoint, other), 'all are wanted');
  resolver.setListeners([endpoint]);
  await askUdp(other, query); // until it is given up
  membership.planChanged();
  assert.deepEqual(places(resolver), both(endpoint));
  assert.deepEqual([await isRefused(other), await isRefused(endpoint)], [true, false]);
  resolver.setListeners([endpoint, other]);
  await askUdp(other, query); // its former sockets are there still
});

test('where one of several cannot be bound none is, and no descriptor is left', async (t) => {
  const { resolver, endpoint } = await startLab(t);
  const taken = await bindBoth(address);
  t.after(() => taken.close());
  const free = { address, port: await freePort() };
  const before = readdirSync('/proc/self/fd').length;
  assert.throws(() => resolver.setListeners([endpoint, free, { address, port: taken.port }]), {
    code: 'EADDRINUSE',
  });
  assert.deepEqual([places(resolver), readdirSync('/proc/self/fd').length], [both(endpoint), before]);
  assert.deepEqual(resolver.listeners(), [endpoint]);
  assert.equal(await isRefused(free), true);
});

test('told of others before it has opened, it opens those', async (t) => {
  const [first, second] = [await freePort(), await freePort()];
  const resolver = createResolver(configAt({ listen: [address], port: first }), silentLog);
  t.after(() => resolver.stop());
  resolver.setListeners([{ address, port: second }]);
  assert.deepEqual(places(resolver), []);
  resolver.open();
  assert.deepEqual(places(resolver), both({ address, port: second }));
});

test('a port that comes and goes is refused while many of its sockets are still answered, and others once too many had a place', async (t) => {
  const { resolver, endpoint } = await startLab(t);
  const other = { address, port: await freePort() };
  const ends: (() => void)[] = [];
  const flap = () => {
    resolver.setListeners([endpoint, other]);
    resolver.setListeners([endpoint]);
    ends.push(resolver.handover.giveUp([other]));
  };
  for (let i = 0; i < MOST_ENDPOINTS; i++) flap();
  assert.throws(flap, { code: 'CONFIG_REFUSED', message: /are still being answered/ });
  assert.deepEqual(resolver.listeners(), [endpoint]);
  for (const end of ends.splice(0)) end();
  flap();
  assert.equal(resolver.handover.endpoints.all.length, 2);
  for (const end of ends.splice(0)) end();
  resolver.handover.endpoints.add(
    endpointsAt(
      Array.from({ length: 60 }, (_, i) => `127.0.1.${i}`),
      53,
    ),
  );
  flap();
  assert.throws(() => resolver.setListeners([endpoint, { address: '127.0.0.9', port: other.port }]), {
    code: 'CONFIG_REFUSED',
    message: /can name no more/,
  });
});

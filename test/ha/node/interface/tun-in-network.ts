// tun-in-network — what a TUN interface promises, tested in a network namespace by interface.test.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { openTun } from 'node-reuseport';
import { NodeInterface } from '../../../../ha/node/interface/interface.ts';
import { askUdp } from '../../../lab/client.ts';
import { eventOf, startPod, twinWith } from './company.ts';
import { interfaceAs, interfaceName, ip, repair, served, wantedStateOf } from './lab.ts';

const whole = { up: false, addresses: ['169.254.20.10/32', 'fd00:53::10/128'] };

test('it is made with its addresses, stays DOWN, and a second observation plans nothing', async (t) => {
  const part = tun(t);
  const observation = await part.observe();
  const lines = ['interface nodelocaldns (tun)', 'address 169.254.20.10/32', 'address fd00:53::10/128'];
  assert.deepEqual(observation, {
    wanted: lines,
    found: [],
    plan: lines.map((line) => `+ ${line}`),
    link: undefined,
    missing: [...served],
  });
  assert.deepEqual(part.descriptors, []);
  assert.equal(interfaceAs(), undefined, 'an observation changed something');
  await part.apply(observation);
  assert.deepEqual(interfaceAs(), whole);
  assert.equal(part.descriptors.length, 1);
  const again = await part.observe();
  assert.deepEqual([again.found, again.plan], [lines, []]);
  const { descriptors } = part;
  await part.apply(observation); // which is no longer true
  assert.deepEqual(interfaceAs(), whole);
  assert.deepEqual(part.descriptors, descriptors);
  assert.equal((await part.observe()).link?.index, again.link?.index, 'made anew');
});

test('what other programs take from it is put back, and what they add is found and left alone', async (t) => {
  const part = tun(t);
  await repair(part);
  const [before] = part.descriptors;
  ip(`address del 169.254.20.10/32 dev ${interfaceName}`);
  assert.deepEqual(await repair(part), ['+ address 169.254.20.10/32']);
  ip(`address del fd00:53::10/128 dev ${interfaceName}`);
  assert.deepEqual(await repair(part), ['+ address fd00:53::10/128']);
  ip(`address add 192.0.2.7/32 dev ${interfaceName}`);
  const observation = await part.observe();
  assert.deepEqual(observation.plan, []);
  assert.ok(observation.found.includes('address 192.0.2.7/32'));
  assert.deepEqual(part.descriptors, [before]);
  ip(`link del ${interfaceName}`);
  assert.equal((await repair(part)).length, 3);
  assert.deepEqual(interfaceAs(), whole);
  assert.equal(part.descriptors.length, 1);
  assert.notDeepEqual(part.descriptors, [before], 'by its number the twin is given the new one');
});

test('the twin that is passed the descriptor adopts it; it is gone when the last holder is, and only then', async (t) => {
  const part = tun(t);
  await repair(part);
  const twin = await twinWith(t, part.descriptors[0]!);
  assert.deepEqual(twin.observation.plan, []);
  assert.deepEqual(twin.observation.found, twin.observation.wanted);
  part.release();
  assert.deepEqual(part.descriptors, []);
  assert.deepEqual(interfaceAs(), whole);
  // A process without the descriptor keeps away from it.
  await assert.rejects(part.observe(), {
    kind: 'interface_check',
    message: /another process made the TUN device.* --interface/,
  });
  const gone = eventOf(17);
  const begun = performance.now();
  twin.process.kill('SIGKILL');
  await gone;
  const ms = performance.now() - begun;
  t.diagnostic(`gone ${ms.toFixed(1)} ms after the last holder was killed`);
  assert.equal(interfaceAs(), undefined);
  assert.ok(ms < 1000, `${ms} ms`);
});

test('changes by other programs are reported to a watcher', { timeout: 10_000 }, async (t) => {
  const part = tun(t);
  await repair(part);
  for (const [disturbance, type] of [
    [`address del 169.254.20.10/32 dev ${interfaceName}`, 21],
    [`address del fd00:53::10/128 dev ${interfaceName}`, 21],
    [`link del ${interfaceName}`, 17],
  ] as const) {
    const told = eventOf(type);
    ip(disturbance);
    await told;
  }
});

test('queries to the addresses are answered although it is DOWN, from the node and from a pod', async (t) => {
  await repair(tun(t));
  const pod = await startPod(t);
  for (const address of served) {
    const server = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    t.after(() => server.close());
    server.on('message', (query, { address: to, port }) => server.send(`answer to ${query}`, port, to));
    server.bind(0, address);
    await once(server, 'listening');
    const { port } = server.address();
    assert.equal(String(await askUdp({ address, port }, Buffer.from('the node'))), 'answer to the node');
    pod.send({ address, port });
    assert.deepEqual(await once(pod, 'message').then(([answer]) => answer), 'answer to from a pod');
  }
  assert.equal(interfaceAs()?.up, false);
});

test('removed, it is gone although the twin holds it, and all else is as it was', async (t) => {
  const [part, before] = [tun(t), ip('address show')];
  await repair(part);
  await twinWith(t, part.descriptors[0]!);
  assert.deepEqual(await part.remove(), [
    'interface nodelocaldns (tun)',
    'address 169.254.20.10/32',
    'address fd00:53::10/128',
  ]);
  assert.deepEqual(part.descriptors, []);
  assert.equal(ip('address show'), before);
  assert.deepEqual(await part.remove(), []);
});

test('the holder of a descriptor whose interface was removed makes it anew, unless another process did', async (t) => {
  const part = tun(t);
  await repair(part);
  ip(`link del ${interfaceName}`);
  const other = tun(t);
  await repair(other);
  await assert.rejects(part.observe(), { message: /another process made the TUN device/ });
  assert.deepEqual(await part.remove(), []);
  assert.deepEqual(interfaceAs(), whole);
  other.release();
  assert.equal((await repair(part)).length, 3);
  assert.deepEqual(interfaceAs(), whole);
});

test('the node does not send from an IPv6 address of it to pods whose interface has none', async (t) => {
  ip('link add uplink type veth peer name far-end');
  t.after(() => ip('link del uplink'));
  ip('address add 2001:db8::1/64 dev uplink nodad');
  ip('link set uplink up');
  ip('link add to-pod type veth peer name eth0');
  t.after(() => ip('link del to-pod'));
  ip('link set to-pod up');
  ip('route add fd00:53:1::5/128 dev to-pod');
  await repair(tun(t));
  const source = () => / src (\S+)/.exec(ip('route get fd00:53:1::5'))?.[1];
  assert.equal(source(), '2001:db8::1');
  // Otherwise it would: the address is the nearer one.
  ip(`address change fd00:53::10/128 dev ${interfaceName} preferred_lft forever`);
  assert.equal(source(), 'fd00:53::10');
});

test('a descriptor of another interface is given back, and the one that is wanted is made', async (t) => {
  const part = new NodeInterface(wantedStateOf('tun'), { tunFd: openTun('old-name') });
  t.after(() => part.release());
  assert.equal((await repair(part)).length, 3);
  assert.equal(interfaceAs('old-name'), undefined);
  assert.deepEqual(interfaceAs(), whole);
});

// ---------------------------------------------------------------------------------------------------------------------

/** Its interface is gone when the test is over. */
function tun(t: TestContext): NodeInterface {
  const part = new NodeInterface(wantedStateOf('tun'));
  t.after(() => part.release());
  return part;
}

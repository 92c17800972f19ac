// dummy-in-uml — what a dummy interface promises, tested on user-mode Linux by interface.test: the kernel here may have none.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { NodeInterface } from '../../../../ha/node/interface/interface.ts';
import { askUdp } from '../../../lab/client.ts';
import { eventOf, startPod } from './company.ts';
import {
  interfaceAs,
  interfaceName,
  ip,
  repair,
  repairUnder,
  served,
  wantedStateOf,
  withoutNetAdmin,
} from './lab.ts';

const whole = { up: false, addresses: ['169.254.20.10/32', 'fd00:53::10/128'] };
const lines = ['interface nodelocaldns (dummy)', 'address 169.254.20.10/32', 'address fd00:53::10/128'];

test('a kernel without dummies, or a missing privilege, is a sentence that says what to do', async () => {
  execFileSync('rmmod', ['dummy']);
  const load = '/proc/sys/kernel/modprobe';
  const path = execFileSync('cat', [load]);
  writeFileSync(load, '/nowhere');
  const { refusal } = await repairUnder([], 'dummy');
  writeFileSync(load, path);
  assert.equal(refusal?.kind, 'interface_add');
  assert.match(
    refusal.message,
    /^cannot complete interface nodelocaldns: .*`modprobe dummy`.*--interface-type tun/,
  );
  assert.match((await repairUnder(withoutNetAdmin, 'dummy')).refusal!.message, /not permitted\. .*NET_ADMIN/);
  assert.equal(interfaceAs(), undefined);
  assert.equal((await repairUnder([], 'dummy')).change?.length, 3); // the kernel loads the module itself
  ip(`link del ${interfaceName}`);
});

test('it is made with its addresses, never UP, outlives its process, and leaves nothing when removed', async () => {
  const before = ip('address show');
  const { change } = await repairUnder([], 'dummy');
  assert.deepEqual(
    change,
    lines.map((line) => `+ ${line}`),
  );
  assert.deepEqual(interfaceAs(), whole);
  assert.equal(JSON.parse(ip(`-json -details link show ${interfaceName}`))[0].linkinfo.info_kind, 'dummy');
  const part = new NodeInterface(wantedStateOf('dummy'));
  const observation = await part.observe();
  assert.deepEqual([observation.wanted, observation.found, observation.plan], [lines, lines, []]);
  assert.deepEqual(part.descriptors, []);
  assert.deepEqual(await part.remove(), lines);
  assert.equal(ip('address show'), before);
  assert.deepEqual(await part.remove(), []);
});

test("node-cache's is adopted and completed, and its other addresses stay until it is cleaned up", async (t) => {
  const part = dummy(t);
  ip(`link add ${interfaceName} type dummy`);
  ip(`address add 169.254.20.10/32 dev ${interfaceName}`);
  ip(`address add 10.96.0.10/32 dev ${interfaceName}`);
  const { index } = (await part.observe()).link!;
  assert.deepEqual(await repair(part), ['+ address fd00:53::10/128']);
  const observation = await part.observe();
  assert.deepEqual(observation.plan, []);
  assert.equal(observation.link?.index, index);
  assert.ok(observation.found.includes('address 10.96.0.10/32'));
  assert.deepEqual(interfaceAs(), { up: false, addresses: ['10.96.0.10/32', ...whole.addresses] });
  assert.deepEqual(await part.remove(), lines.slice(1));
  assert.deepEqual(interfaceAs(), { up: false, addresses: ['10.96.0.10/32'] });
  const cleaner = new NodeInterface(wantedStateOf('dummy', { addresses: [] }));
  assert.ok((await cleaner.remove()).includes('address 10.96.0.10/32'));
  assert.equal(interfaceAs(), undefined);
});

test('what other programs take from it is reported and put back', async (t) => {
  const part = dummy(t);
  await repair(part);
  for (const [disturbance, type, change] of [
    [`address del 169.254.20.10/32 dev ${interfaceName}`, 21, lines.slice(1, 2)],
    [`address del fd00:53::10/128 dev ${interfaceName}`, 21, lines.slice(2)],
    [`link del ${interfaceName}`, 17, lines],
  ] as const) {
    const told = eventOf(type);
    ip(disturbance);
    await told;
    assert.deepEqual(
      await repair(part),
      change.map((line) => `+ ${line}`),
    );
    assert.deepEqual(interfaceAs(), whole);
  }
  // Set UP and DOWN again, it has lost its IPv6 addresses.
  ip(`link set ${interfaceName} up`);
  ip(`link set ${interfaceName} down`);
  assert.deepEqual(await repair(part), ['+ address fd00:53::10/128']);
});

test('queries to its addresses are answered although it is DOWN, from the node and from a pod', async (t) => {
  await repair(dummy(t));
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

test('one that is enslaved, of another kind, or whose address kube-proxy has, is refused and not removed', async (t) => {
  const part = dummy(t);
  ip('link add bridge type bridge');
  t.after(() => ip('link del bridge'));
  ip(`link add ${interfaceName} type dummy`);
  ip(`link set ${interfaceName} master bridge`);
  const enslaved = {
    name: 'NodeError',
    kind: 'interface_check',
    message: /belongs to a bridge.* --interface\.$/,
  };
  await assert.rejects(part.observe(), enslaved);
  assert.deepEqual(await part.remove(), []);
  assert.notEqual(interfaceAs(), undefined);
  ip(`link set ${interfaceName} nomaster`);
  await assert.rejects(new NodeInterface(wantedStateOf('tun')).observe(), {
    message: /kind is dummy, not tun\. .*`twindns clean`/,
  });
  await repair(part);
  await part.remove();
  ip('link add kube-ipvs0 type dummy');
  t.after(() => ip('link del kube-ipvs0'));
  ip('address add 10.96.0.10/32 dev kube-ipvs0');
  const both = new NodeInterface(wantedStateOf('dummy', { addresses: ['169.254.20.10', '10.96.0.10'] }));
  await assert.rejects(both.observe(), { message: /^address 10\.96\.0\.10 is on kube-ipvs0: .*IPVS/ });
  assert.deepEqual(interfaceAs('kube-ipvs0'), { up: false, addresses: ['10.96.0.10/32'] });
});

// ---------------------------------------------------------------------------------------------------------------------

/** There is none before, and none is left behind. */
function dummy(t: TestContext): NodeInterface {
  assert.equal(interfaceAs(), undefined);
  const part = new NodeInterface(wantedStateOf('dummy'));
  t.after(() => part.remove());
  return part;
}

// refusals-in-network — where there can be no interface of ours, and what is said then; tested in a network namespace by interface.test.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { close, openTun } from 'node-reuseport';
import { NodeInterface } from '../../../../ha/node/interface/interface.ts';
import {
  interfaceAs,
  interfaceName,
  ip,
  repair,
  repairUnder,
  wantedStateOf,
  withoutNetAdmin,
} from './lab.ts';

test('one whose name is another kind of interface is refused, and nothing is changed', async (t) => {
  ip(`link add ${interfaceName} type bridge`);
  t.after(() => ip(`link del ${interfaceName}`));
  const part = tun(t);
  await assert.rejects(part.observe(), {
    name: 'NodeError',
    kind: 'interface_check',
    passing: false,
    message: /^interface nodelocaldns is there already .* kind is bridge, not tun\. .* --interface\.$/,
  });
  assert.deepEqual(await part.remove(), []);
  assert.deepEqual(interfaceAs(), { up: false, addresses: [] });
});

test('an address that another interface has is refused, and of kube-ipvs0 it is said what that means', async (t) => {
  for (const [name, sentence] of [
    [
      'elsewhere',
      /^address fd00:53::10 is on interface elsewhere, not on nodelocaldns: .* --interface .* --listen/,
    ],
    [
      'kube-ipvs0',
      /^address fd00:53::10 is on kube-ipvs0: .* IPVS .* --listen 169\.254\.20\.10.* --cluster-dns/,
    ],
  ] as const) {
    const other = openTun(name);
    t.after(() => close(other));
    ip(`address add fd00:53::10/64 dev ${name} nodad`);
    await assert.rejects(tun(t).observe(), { name: 'NodeError', kind: 'interface_check', message: sentence });
    ip(`link del ${name}`);
  }
  assert.equal((await tun(t).observe()).plan.length, 3);
});

test('a plan that others overtake is an error that passes', async (t) => {
  const part = tun(t);
  const observation = await part.observe();
  const other = openTun(interfaceName);
  const error = {
    name: 'NodeError',
    kind: 'interface_add',
    passing: true,
    message: /^interface nodelocaldns was removed or replaced/,
  };
  await assert.rejects(part.apply(observation), error);
  close(other);
  await part.apply(observation);
  ip(`address del 169.254.20.10/32 dev ${interfaceName}`);
  const second = await part.observe();
  ip(`link del ${interfaceName}`);
  await assert.rejects(part.apply(second), error);
  assert.equal((await repair(part)).length, 3);
});

test('a privilege or a device that is missing is a sentence that says which, and what to do', async () => {
  const { refusal } = await repairUnder(withoutNetAdmin, 'tun');
  assert.equal(refusal?.kind, 'interface_add');
  assert.match(
    refusal.message,
    /^cannot complete interface nodelocaldns: not permitted\. .*NET_ADMIN.*--interface-type none/,
  );
  const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh'];
  const noDevice = (await repairUnder(hidden, 'tun')).refusal;
  assert.match(noDevice!.message, /there is no \/dev\/net\/tun .*`modprobe tun`.*--interface-type dummy/);
  assert.equal(interfaceAs(), undefined);
});

test('where IPv6 is switched off, that is said, and IPv4 is served', async (t) => {
  const setting = '/proc/sys/net/ipv6/conf/default/disable_ipv6';
  writeFileSync(setting, '1');
  t.after(() => writeFileSync(setting, '0'));
  const part = tun(t);
  await assert.rejects(repair(part), {
    kind: 'interface_add',
    message: /^cannot add fd00:53::10 to .*: IPv6 is switched off.*--listen/,
  });
  assert.deepEqual(interfaceAs(), { up: false, addresses: ['169.254.20.10/32'] });
});

test('an address that a Corefile names, and no flag, may be another interface’s, which it is left to', async (t) => {
  ip('link add elsewhere type bridge');
  ip('address add 169.254.20.10/32 dev elsewhere');
  t.after(() => ip('link delete elsewhere'));
  await assert.rejects(repair(tun(t)), { message: /^address 169\.254\.20\.10 is on interface elsewhere/ });
  const part = new NodeInterface(wantedStateOf('tun', { elsewhere: ['169.254.20.10'] }));
  t.after(() => part.release());
  await repair(part);
  assert.deepEqual(interfaceAs(), { up: false, addresses: ['fd00:53::10/128'] });
  const { plan, wanted, found } = await part.observe();
  assert.deepEqual([plan, wanted.length], [[], found.length]);
});

// ---------------------------------------------------------------------------------------------------------------------

/** Its interface is gone when the test is over. */
function tun(t: TestContext): NodeInterface {
  const part = new NodeInterface(wantedStateOf('tun'));
  t.after(() => part.release());
  return part;
}

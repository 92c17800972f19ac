// served-config.test — a plan says where an instance listens, what it answers, and what `nodecache` wants of the node.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import { configurationOf } from '../../src/plan/configuration.ts';
import { servedConfig } from '../../src/plan/served-config.ts';
import { read } from '../corefile/reading.ts';
import { labConfig } from '../lab/resolver.ts';

const file = '.:53 {\n bind 169.254.20.10 10.96.0.10\n forward . 192.0.2.1\n}\n';
const corefile = { ...labConfig, corefile: '/etc/coredns/Corefile' };

test('flags have no words of a Corefile, and a Corefile its own', () => {
  assert.equal(servedConfig(labConfig, flagsPlan(labConfig)).configuration, '');
  const { listeners, configuration, leader } = servedConfig(corefile, read(file).plan);
  assert.deepEqual(
    listeners.map(({ address }) => address),
    ['169.254.20.10', '10.96.0.10'],
  );
  assert.equal(configuration, configurationOf(read(`# another line\n${file}`).plan));
  assert.notEqual(configuration, configurationOf(read(file.replace('192.0.2.1', '192.0.2.2')).plan));
  assert.equal(leader, false);
});

test('nodecache wants the interface and the rules, and flags that say so win', () => {
  const dummy = { ...corefile, interface: { name: 'nodelocaldns', type: 'dummy' } } as const;
  const { plan } = read(file.replace('forward', 'nodecache skipteardown\n forward'));
  const { leader, keepInterface, interface: made } = servedConfig(dummy, plan, () => ({}));
  assert.deepEqual([leader, keepInterface, made], [true, true, { name: 'nodecache', type: 'dummy' }]);
  const lo = ['169.254.20.10', '10.96.0.10'].map((address) => ({ address }));
  const typeWith = (interfaces: ReturnType<NonNullable<Parameters<typeof servedConfig>[2]>>) =>
    servedConfig(dummy, plan, () => interfaces).interface.type;
  assert.deepEqual([typeWith({ lo }), typeWith({ nodecache: lo }), typeWith({})], ['none', 'dummy', 'dummy']);
  const told = servedConfig({ ...corefile, leader: true }, plan);
  assert.deepEqual([told.keepInterface, told.interface.name], [false, labConfig.interface.name]);
});

test('the interfaces of the machine are asked for only by nodecache', () => {
  const never = () => assert.fail('they take milliseconds of every start');
  servedConfig(labConfig, flagsPlan(labConfig), never);
  servedConfig(corefile, read(file).plan, never);
});

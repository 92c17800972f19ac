// admin-port.test — what is asked of an instance from outside is served, where it is asked, and it gets the time it needs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../chaos/cluster/environment.ts';
import { isDaemonSet, isService } from '../../chaos/cluster/shapes.ts';
import { isLoopback } from '../../src/options/endpoint.ts';
import { readText } from '../repository/files.ts';
import { cluster, containerOf, optionsOf, pairs, summary } from './told.ts';

test('probes ask for paths that are served, at a port no pod reaches and no user can take, with patience for what they ask', async () => {
  const source = readText('src/admin/pages.ts');
  const paths = [...source.matchAll(/case '(\/[a-z]+)'/g)].map(([, path]) => path);
  assert.ok(paths.includes('/health') && paths.includes('/ready'));
  for (const { resources } of pairs) {
    const taken: string[] = [];
    for (const [i, daemonSet] of resources.filter(isDaemonSet).entries()) {
      const { admin, health } = await optionsOf(resources)[i]!;
      assert.ok(typeof admin === 'object' && health !== 'off');
      assert.ok(isLoopback(health.address) && health.port < 1024);
      taken.push(`${health.address}:${health.port}`);
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(daemonSet);
      const probes = [startupProbe!, livenessProbe!, readinessProbe!];
      assert.deepEqual(
        probes.map(({ httpGet }) => httpGet.path),
        ['/health', '/health', '/ready'],
      );
      for (const { httpGet, timeoutSeconds } of probes) {
        assert.ok(paths.includes(httpGet.path));
        // Without a host the kubelet would ask the pod's address, which on the node's network is the node's.
        assert.deepEqual([httpGet.host, httpGet.port], [health.address, health.port]);
        assert.ok(timeoutSeconds >= 2); // an instance takes up to one second to ask itself
      }
      assert.equal(daemonSet.spec.template.metadata.annotations!['prometheus.io/port'], String(admin.port));
      const service = resources
        .filter(isService)
        .find(({ metadata }) => metadata.name === daemonSet.metadata.name)!;
      assert.deepEqual(
        service.spec.ports.map(({ targetPort }) => targetPort),
        [admin.port],
      );
    }
    assert.equal(new Set(taken).size, taken.length);
  }
});

test('`twindns status` in a container asks both instances of its node', async () => {
  for (const { resources } of pairs) {
    const admins = (await Promise.all(optionsOf(resources))).map((options) => summary(options)[2]);
    for (const daemonSet of resources.filter(isDaemonSet))
      assert.equal(
        environmentOf(containerOf(daemonSet), resources, cluster).TWINDNS_INSTANCES,
        admins.join(),
      );
  }
});

test('a kubelet asks each instance at its own port before it stops it', async () => {
  for (const { resources } of pairs) {
    for (const [i, daemonSet] of resources.filter(isDaemonSet).entries()) {
      const { health } = await optionsOf(resources)[i]!;
      assert.ok(health !== 'off');
      assert.deepEqual(containerOf(daemonSet).lifecycle?.preStop?.httpGet, {
        host: health.address,
        path: '/prestop',
        port: health.port,
      });
    }
  }
});

test('the grace period is longer than the longest wait for a twin and the longest drain', async () => {
  for (const { resources } of pairs) {
    for (const [i, { spec }] of resources.filter(isDaemonSet).entries()) {
      const options = await optionsOf(resources)[i]!;
      const longest = options['wait-for-twin'] + options['drain-timeout'];
      assert.ok(options['wait-for-twin'] > 0);
      assert.ok(spec.template.spec.terminationGracePeriodSeconds! * 1000 >= longest + 5000);
    }
  }
});

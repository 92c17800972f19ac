// components.test — what each component changes, and that any two of them go together.

import assert from 'node:assert/strict';
import { basename, dirname, join, relative } from 'node:path/posix';
import { test } from 'node:test';
import { composed, kustomizationOf } from '../../chaos/cluster/manifests.ts';
import { type DaemonSet, isDaemonSet, type Resource } from '../../chaos/cluster/shapes.ts';
import { isLoopback } from '../../src/options/endpoint.ts';
import type { Options } from '../../src/options/options.ts';
import { components } from './manifests.ts';
import {
  cluster,
  clusterOfIpv6,
  containerOf,
  isUnknownVariable,
  optionsOf,
  settingsMapOf,
  settingsOf,
} from './told.ts';

/** Of base with components, as a folder beside manifests/ would ask for them. */
function baseWith(...names: readonly string[]): Resource[] {
  const paths = names.map((name) => `../manifests/components/${name}`);
  return composed(
    { kind: 'Kustomization', resources: ['../manifests/base'], components: paths },
    'mine', // which need not be there: nothing is read from it
  );
}

function told(names: readonly string[], resources: readonly Resource[]): Promise<Options[]> {
  return Promise.all(optionsOf(resources, names.includes('ipv6') ? clusterOfIpv6 : cluster));
}

const names = components.map((folder) => relative('manifests/components', folder));

/** What must be so of both slots, alone and together with another component. */
const effects: Readonly<Record<string, (options: Options, resources: readonly Resource[]) => void>> = {
  alerts: (_options, resources) => assert.ok(resources.some(({ kind }) => kind === 'PrometheusRule')),
  'all-to-cluster-dns': ({ upstream, 'cluster-dns': clusterDns }) =>
    assert.deepEqual(upstream, { endpoints: clusterDns }),
  'chosen-nodes': (_options, resources) => {
    for (const { spec } of resources.filter(isDaemonSet))
      assert.deepEqual(spec.template.spec.nodeSelector, { 'kubernetes.io/os': 'linux', twindns: 'on' });
  },
  dashboard: (_options, resources) =>
    assert.ok(resources.some(({ metadata }) => metadata.labels?.grafana_dashboard === '1')),
  'dual-stack': ({ listen }) => {
    const nodeLocal = listen.filter((address) => !addressesOfDns.includes(address));
    assert.deepEqual(
      nodeLocal.map((address) => address.includes(':')),
      [false, true],
    );
  },
  ipv6: ({ listen, 'cluster-dns': clusterDns }) => {
    const addresses = [...listen, ...clusterDns.map(({ address }) => address)];
    assert.ok(
      addresses.every((address) => address.includes(':')),
      addresses.join(),
    );
  },
  'node-local-address': ({ listen }) =>
    assert.ok(!listen.some((address) => addressesOfDns.includes(address)), listen.join()),
  'node-local-dns-corefile': ({ corefile, 'kube-dns-config': directory }, resources) => {
    for (const { spec } of resources.filter(isDaemonSet)) {
      const { containers, volumes = [] } = spec.template.spec;
      const mapAt = (path: string) => {
        const mount = containers[0]!.volumeMounts!.find(({ mountPath }) => mountPath === path);
        return volumes.find(({ name }) => name === mount?.name)?.configMap;
      };
      assert.deepEqual(mapAt(dirname(corefile)), { name: 'node-local-dns' });
      assert.equal(basename(corefile), 'Corefile'); // the key of that map
      assert.deepEqual(mapAt(directory), { name: 'kube-dns', optional: true });
    }
  },
  'node-resolv-conf': (_options, resources) => {
    const path = settingsOf(resources).TWINDNS_UPSTREAM!;
    for (const { spec } of resources.filter(isDaemonSet)) {
      const { containers, volumes = [] } = spec.template.spec;
      const mount = containers[0]!.volumeMounts!.find(
        ({ mountPath }) => path === join(mountPath, 'resolv.conf'),
      )!;
      assert.ok(mount.readOnly);
      // That it is not made: an empty folder would be a node without servers.
      assert.deepEqual(volumes.find(({ name }) => name === mount.name)!.hostPath, {
        path: mount.mountPath,
        type: 'Directory',
      });
    }
  },
  'other-admin-port': ({ slot, admin }) =>
    assert.equal(typeof admin === 'object' && admin.port, slot === 'primary' ? 9263 : 9254),
  'pod-monitor': (_options, resources) => assert.ok(resources.some(({ kind }) => kind === 'PodMonitor')),
  'private-metrics': ({ admin }, resources) => {
    assert.ok(typeof admin === 'object' && isLoopback(admin.address));
    for (const { spec } of resources.filter(isDaemonSet))
      assert.equal(spec.template.metadata.annotations!['prometheus.io/scrape'], 'false');
  },
  'service-monitor': (_options, resources) =>
    assert.ok(resources.some(({ kind }) => kind === 'ServiceMonitor')),
  tun: ({ 'interface-type': type, rules, slot, 'keep-interface': keep }, resources) => {
    assert.deepEqual([type, rules, keep], ['tun', 'nftables', false]);
    const { containers, volumes = [] } = resources.find(
      (one): one is DaemonSet => isDaemonSet(one) && one.metadata.name === `twindns-${slot}`,
    )!.spec.template.spec;
    const device = volumes.find(({ hostPath }) => hostPath?.path === '/dev/net/tun');
    const mount = containers[0]!.volumeMounts!.find(({ mountPath }) => mountPath === '/dev/net/tun');
    const isThere = slot === 'primary';
    assert.deepEqual([device?.hostPath?.type === 'CharDevice', mount?.name === 'tun'], [isThere, isThere]);
  },
};

/** Of the Service kube-dns. */
const addressesOfDns = [cluster, clusterOfIpv6].map(({ clusterIps }) => clusterIps['kube-dns']!);

/** Two words for one thing: a cluster has one of them. */
const contradictions = ['dual-stack', 'ipv6'];

test('each component does what it is for, alone, after another and before it', async () => {
  assert.deepEqual(Object.keys(effects), names);
  const together = names.flatMap((one) =>
    names.filter((other) => other !== one).map((other) => [one, other]),
  );
  const sensible = together.filter((two) => two.some((one) => !contradictions.includes(one)));
  for (const chosen of [...names.map((one) => [one]), ...sensible]) {
    const resources = baseWith(...chosen);
    for (const options of await told(chosen, resources))
      for (const name of chosen) effects[name]!(options, resources);
  }
});

test('without a component nothing of it is there', async () => {
  const resources = baseWith();
  for (const options of await told([], resources)) {
    for (const name of names.filter((one) => one !== 'other-admin-port' || options.slot === 'primary'))
      assert.throws(() => effects[name]!(options, resources), name);
  }
});

test('a component sets variables of the option table alone', () => {
  for (const name of names) {
    const resources = baseWith(name);
    const given = [
      ...Object.keys(settingsOf(resources)),
      ...resources
        .filter(isDaemonSet)
        .flatMap((one) => containerOf(one).env!.map((variable) => variable.name)),
    ];
    assert.deepEqual(given.filter(isUnknownVariable), [], name);
  }
});

test('settings that differ are in maps of different names, and both slots name the one that is there', () => {
  const nameOf = (resources: readonly Resource[]) => {
    const { name } = settingsMapOf(resources).metadata;
    for (const one of resources.filter(isDaemonSet))
      assert.deepEqual(containerOf(one).envFrom, [{ configMapRef: { name } }]);
    return name;
  };
  const mapNames = [baseWith(), baseWith('ipv6'), baseWith('other-admin-port')].map(nameOf);
  assert.equal(new Set(mapNames).size, 3);
  for (const name of mapNames) assert.match(name, /^twindns-[a-z0-9]{10}$/);
  assert.equal(nameOf(baseWith('node-local-address')), mapNames[0]);
});

test('a component that changes nothing is refused', () => {
  const { configMapGenerator } = kustomizationOf('manifests/components/ipv6');
  assert.throws(
    () => composed({ kind: 'Kustomization', configMapGenerator: configMapGenerator! }, 'mine'),
    /the ConfigMap twindns is not there/,
  );
});

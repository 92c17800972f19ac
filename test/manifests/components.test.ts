// components.test — what each component changes, and that any two of them go together.

import assert from 'node:assert/strict';
import { basename, dirname, join, relative } from 'node:path/posix';
import { test } from 'node:test';
import { composed, kustomizationOf } from '../../chaos/cluster/manifests.ts';
import { isDaemonSet, type Resource } from '../../chaos/cluster/shapes.ts';
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

async function told(...names: readonly string[]): Promise<Options[]> {
  const where = names.includes('ipv6') ? clusterOfIpv6 : cluster;
  return Promise.all(optionsOf(baseWith(...names), where));
}

const names = components.map((folder) => relative('manifests/components', folder));

/** What must be so of both slots, alone and together with another component. */
const effects: Readonly<Record<string, (options: Options, resources: readonly Resource[]) => void>> = {
  'all-to-cluster-dns': ({ upstream, 'cluster-dns': clusterDns }) =>
    assert.deepEqual(upstream, { endpoints: clusterDns }),
  'chosen-nodes': (_options, resources) => {
    for (const { spec } of resources.filter(isDaemonSet))
      assert.deepEqual(spec.template.spec.nodeSelector, { 'kubernetes.io/os': 'linux', twindns: 'on' });
  },
  ipv6: ({ listen, 'cluster-dns': clusterDns }) => {
    const addresses = [...listen, ...clusterDns.map(({ address }) => address)];
    assert.ok(
      addresses.every((address) => address.includes(':')),
      addresses.join(),
    );
  },
  'node-local-address': ({ listen }) => assert.equal(listen.length, 1),
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
    assert.equal(admin !== 'auto' && admin.port, slot === 'primary' ? 9263 : 9254),
};

test('each component does what it is for, alone, after another and before it', async () => {
  assert.deepEqual(Object.keys(effects), names);
  const together = names.flatMap((one) =>
    names.filter((other) => other !== one).map((other) => [one, other]),
  );
  for (const chosen of [...names.map((one) => [one]), ...together]) {
    const resources = baseWith(...chosen);
    for (const options of await told(...chosen))
      for (const name of chosen) effects[name]!(options, resources);
  }
});

test('without a component nothing of it is there', async () => {
  const resources = baseWith();
  for (const options of await told()) {
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

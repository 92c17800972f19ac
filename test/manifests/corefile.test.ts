// corefile.test — the Corefile of the manifests is found, is what flags would make of it, and rolls nothing when it changes.

import assert from 'node:assert/strict';
import { join } from 'node:path/posix';
import { test } from 'node:test';
import { environmentOf } from '../../chaos/cluster/environment.ts';
import { composed } from '../../chaos/cluster/manifests.ts';
import { type ConfigMap, isDaemonSet, type Resource } from '../../chaos/cluster/shapes.ts';
import { asTemplate } from '../../src/corefile/node-cache.ts';
import { readCorefile } from '../../src/corefile/read-corefile.ts';
import { surroundingsOf } from '../../src/corefile/surroundings.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import { toldEnvironment } from '../../src/options/told-environment.ts';
import { labConfig } from '../lab/resolver.ts';
import { cluster, containerOf, pairs } from './told.ts';

/** What a container finds at TWINDNS_COREFILE, read as an instance reads it. */
async function readOf(resources: readonly Resource[]) {
  const daemonSet = resources.find(isDaemonSet)!;
  const env = environmentOf(containerOf(daemonSet), resources, cluster);
  const { listen, clusterDns } = {
    listen: env.TWINDNS_LISTEN!.split(','),
    clusterDns: env.TWINDNS_CLUSTER_DNS!.split(','),
  };
  const path = env.TWINDNS_COREFILE!;
  const surroundings = {
    ...surroundingsOf(toldEnvironment(env), { listen, port: 53 }),
    readFile: (file: string) =>
      file === '/etc/resolv.conf' ? 'nameserver 192.0.2.1\n' : fileAt(resources, file),
  };
  const template = asTemplate(path, surroundings, clusterDns, '/etc/kube-dns');
  const read = await readCorefile(path, template.surroundings);
  return { read, listen, clusterDns, remarks: template.remarks() };
}

/** Of the volume that is mounted there. @throws Error where none is */
function fileAt(resources: readonly Resource[], file: string): string {
  const { containers, volumes = [] } = resources.find(isDaemonSet)!.spec.template.spec;
  for (const { name, mountPath, ...rest } of containers[0]!.volumeMounts ?? []) {
    const map = volumes.find((volume) => volume.name === name)?.configMap;
    assert.ok(!('subPath' in rest), mountPath);
    const found = resources.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === map?.name);
    for (const [key, text] of Object.entries((found as ConfigMap | undefined)?.data ?? {}))
      if (join(mountPath, key) === file) return text;
  }
  throw new Error(`nothing is mounted at ${file}`);
}

test('it is taken without a remark, at the addresses that both are told', async () => {
  for (const { folder, resources } of pairs.filter(({ folder }) => !folder.endsWith('/ipv6'))) {
    const { read, listen, remarks } = await readOf(resources);
    assert.deepEqual([read.faults, read.warnings, remarks], [[], [], []], folder);
    assert.deepEqual(
      read.plan.listeners.map(({ at }) => at),
      listen.map((address) => ({ address, port: 53 })),
      folder,
    );
    assert.ok(read.plan.reload !== undefined, folder);
  }
});

test('its zones, caches and servers are those that flags would make', async () => {
  const { read, listen, clusterDns } = await readOf(pairs[0]!.resources);
  const flags = flagsPlan({
    ...labConfig,
    listeners: listen.map((address) => ({ address, port: 53 })),
    clusterDns: clusterDns.map((address) => ({ address, port: 53 })),
    clusterDomain: 'cluster.local',
    cacheTtl: 30_000,
  });
  const zonesOf = ({ listeners }: typeof flags) =>
    listeners[0]!.zones
      .map(({ suffix, block: { cache, forwards } }) => {
        const { success, denial, failure, stale } = cache!;
        const { from, transport, servers } = forwards[0]!;
        return {
          suffix,
          success,
          denial,
          failure,
          stale,
          from,
          transport,
          servers: suffix === '' || servers,
        };
      })
      .sort((a, b) => (a.suffix < b.suffix ? -1 : 1));
  assert.deepEqual(zonesOf(read.plan), zonesOf(flags));
  assert.deepEqual(read.plan.listeners[0]!.zones.at(-1)!.block.forwards[0]!.files, ['/etc/resolv.conf']);
});

test('another Corefile changes neither a DaemonSet nor the name of its ConfigMap', () => {
  const of = (literal: readonly string[]) =>
    composed(
      {
        kind: 'Kustomization',
        resources: ['base'],
        ...(literal.length > 0 && {
          configMapGenerator: [
            {
              name: 'twindns-corefile',
              behavior: 'merge' as const,
              literals: literal,
              options: { disableNameSuffixHash: true },
            },
          ],
        }),
      },
      'manifests',
    );
  const [before, after] = [of([]), of(['Corefile=.:53 { }'])];
  assert.deepEqual(before.filter(isDaemonSet), after.filter(isDaemonSet));
  assert.notDeepEqual(before, after);
  assert.ok(after.some(({ metadata }) => metadata.name === 'twindns-corefile'));
});

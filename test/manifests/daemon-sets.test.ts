// daemon-sets.test — the pods keep the rules of pod-rules, and the two slots differ in what they must and in nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesOf } from '../../chaos/cluster/manifests.ts';
import {
  type DaemonSet,
  isDaemonSet,
  isService,
  type Labels,
  type Resource,
} from '../../chaos/cluster/shapes.ts';
import { wholes } from './manifests.ts';
import { bytesOf, capabilitiesOf, podRules } from './pod-rules.ts';
import { settingsMapOf } from './told.ts';

const found = wholes.map((folder) => ({ folder, resources: resourcesOf(folder) }));
const daemonSets = found.flatMap(({ resources }) => resources.filter(isDaemonSet));

test('each whole has the DaemonSets it should have', () => {
  const names = found.map(({ resources }) =>
    resources.filter(isDaemonSet).map(({ metadata }) => metadata.name),
  );
  const pair = ['twindns-primary', 'twindns-secondary'];
  const [base, clean, ...others] = names;
  assert.deepEqual([base, clean], [pair, ['twindns-clean']]);
  const keepers = wholes.slice(2).map((folder) => (folder.endsWith('/unprivileged') ? ['twindns-net'] : []));
  for (const [i, other] of others.entries()) assert.deepEqual(other, [...pair, ...keepers[i]!]);
});

for (const { name, holds, breaches } of podRules) {
  test(name, () => {
    for (const daemonSet of daemonSets) {
      assert.ok(holds(daemonSet), daemonSet.metadata.name);
      for (const [i, breach] of breaches.entries()) {
        const broken = structuredClone(daemonSet);
        breach(broken.spec.template.spec, broken);
        assert.ok(!holds(broken), `${daemonSet.metadata.name}, breach ${i}, is not seen`);
      }
    }
  });
}

test('who may change the node, and who may only answer', () => {
  const [primary, secondary] = pairOf(found[0]!.resources).map(containerOf);
  assert.deepEqual(capabilitiesOf(primary!), ['NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW']);
  assert.deepEqual(capabilitiesOf(secondary!), ['NET_BIND_SERVICE']);
  const clean = found[1]!.resources.find(isDaemonSet)!.spec.template.spec;
  assert.deepEqual(clean.initContainers!.map(capabilitiesOf), Array(2).fill(['NET_ADMIN', 'NET_RAW']));
  assert.deepEqual(clean.containers.map(capabilitiesOf), [[]]);
  const shown = (name: string) =>
    found
      .find(({ folder }) => folder === `manifests/overlays/${name}`)!
      .resources.filter(isDaemonSet)
      .map((one) => capabilitiesOf(containerOf(one)).join());
  assert.deepEqual(shown('cilium'), ['NET_BIND_SERVICE', 'NET_BIND_SERVICE']);
  assert.deepEqual(shown('unprivileged'), ['NET_BIND_SERVICE', 'NET_BIND_SERVICE', 'NET_ADMIN,NET_RAW']);
});

test('what selects a slot selects nothing of the other, nor of the cluster DNS', () => {
  for (const { folder, resources } of found) {
    const pods = resources.filter(isDaemonSet).map(({ metadata, spec }) => ({
      name: metadata.name,
      labels: spec.template.metadata.labels,
    }));
    const selected = (labels: Labels) =>
      pods.filter((pod) => matches(labels, pod.labels)).map(({ name }) => name);
    for (const { metadata, spec } of resources.filter(isDaemonSet))
      assert.deepEqual(selected(spec.selector.matchLabels), [metadata.name], folder);
    for (const { metadata, spec } of resources.filter(isService)) {
      const own = metadata.name === 'twindns-cluster-dns' ? [] : [metadata.name];
      assert.deepEqual(selected(spec.selector), own, `${folder}, Service ${metadata.name}`);
    }
  }
  assert.ok(matches({ a: '1' }, { a: '1', b: '2' }));
  assert.ok(!matches({ a: '1', c: '3' }, { a: '1', b: '2' }));
});

test('but for slot, ports, leadership and what that takes, the slots are the same', () => {
  for (const { resources } of found.filter(({ folder }) => folder !== 'manifests/clean')) {
    const [primary, secondary] = pairOf(resources).slice(0, 2).map(commonPart);
    assert.deepEqual(primary, secondary);
  }
});

test('the cluster DNS is reached by an address of its own, metrics without one', () => {
  const services = found[0]!.resources.filter(isService);
  const upstream = services.find(({ metadata }) => metadata.name === 'twindns-cluster-dns')!;
  assert.deepEqual(upstream.spec.selector, { 'k8s-app': 'kube-dns' });
  assert.deepEqual(
    upstream.spec.ports.map(({ port, targetPort, protocol }) => [port, targetPort, protocol]),
    [
      [53, 53, 'UDP'],
      [53, 53, 'TCP'],
    ],
  );
  assert.equal(upstream.spec.clusterIP, undefined);
  const others = services.filter((service) => service !== upstream);
  assert.deepEqual(
    others.map(({ spec }) => spec.clusterIP),
    ['None', 'None'],
  );
});

test('the identity of the instances has no token either, and what cleans up has one of its own', () => {
  const names = found.slice(0, 2).map(({ resources }) => {
    const account = resources.find(({ kind }) => kind === 'ServiceAccount')!;
    assert.equal(
      (account as Resource & { automountServiceAccountToken: boolean }).automountServiceAccountToken,
      false,
    );
    for (const { spec } of resources.filter(isDaemonSet))
      assert.equal(spec.template.spec.serviceAccountName, account.metadata.name);
    return account.metadata.name;
  });
  assert.deepEqual(names, ['twindns', 'twindns-clean']);
});

test('nothing that cleans up has the name of anything an instance needs', () => {
  const namesOf = ({ resources }: (typeof found)[number]) =>
    resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const [base, clean] = [found[0]!, found[1]!].map(namesOf);
  assert.deepEqual(
    clean!.filter((one) => base!.includes(one)),
    [],
  );
});

test('the limit of memory has room for the cache of the settings, twice over', () => {
  const settings = settingsMapOf(found[0]!.resources);
  const cache = bytesOf(settings.data.TWINDNS_CACHE_BYTES?.replace('iB', 'i'));
  const floodPeak = 105 * 1024 ** 2; // test/bench/README.md says how it is made up
  for (const daemonSet of pairOf(found[0]!.resources)) {
    const limit = bytesOf(containerOf(daemonSet).resources!.limits!.memory);
    assert.ok(cache > 0 && limit >= 2 * (floodPeak - 32 * 1024 ** 2 + cache), daemonSet.metadata.name);
  }
});

// ---------------------------------------------------------------------------------------------------------------------

function pairOf(resources: readonly Resource[]): DaemonSet[] {
  return resources.filter(isDaemonSet);
}

function containerOf({ spec }: DaemonSet) {
  return spec.template.spec.containers[0]!;
}

function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Without what a slot has for itself, and with a word in place of its name and its ports. */
function commonPart(daemonSet: DaemonSet): unknown {
  const common = structuredClone(daemonSet);
  const pod = common.spec.template.spec;
  const container = pod.containers[0]!;
  const metrics = common.spec.template.metadata.annotations!['prometheus.io/port'];
  const ports = [metrics, String(container.livenessProbe!.httpGet.port)];
  delete container.args;
  delete container.securityContext!.capabilities!.add;
  const ofTheLeader = ({ name }: { name: string }) => ['tun', 'xtables-lock'].includes(name);
  container.volumeMounts = container.volumeMounts!.filter((one) => !ofTheLeader(one));
  pod.volumes = pod.volumes!.filter((one) => !ofTheLeader(one));
  const { TWINDNS_INSTANCES: _, ...env } = Object.fromEntries(container.env!.map((one) => [one.name, one]));
  const text = JSON.stringify({ ...common, env }, (key, value) =>
    key === 'env' && Array.isArray(value) ? undefined : value,
  );
  return JSON.parse(
    text
      .replace(/\b(primary|secondary)\b/g, 'SLOT')
      .replace(new RegExp(`\\b(${ports.join('|')})\\b`, 'g'), '0'),
  );
}

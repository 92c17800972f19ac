// page.test — what the page of the manifests shows as YAML is valid, and goes with the manifests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { composed } from '../../chaos/cluster/manifests.ts';
import {
  type Container,
  type DaemonSet,
  isDaemonSet,
  type Kustomization,
} from '../../chaos/cluster/shapes.ts';
import { takeNodeCacheArgs } from '../../src/options/node-cache-args.ts';
import type { Options } from '../../src/options/options.ts';
import { ClusterView } from '../../src/preflight/cluster-view.ts';
import { policyFindings } from '../../src/preflight/network-policies.ts';
import { pageAt, pages, spansOf } from '../docs/pages.ts';
import { readText } from '../repository/files.ts';
import { wholes } from './manifests.ts';
import { podRules } from './pod-rules.ts';
import { clusterOfIpv6, optionsOf, pairs } from './told.ts';

const { version } = JSON.parse(readText('package.json')) as { version: string };

type Check = (shown: object) => unknown;

/** By group and kind: each of the page has one, so that no block is shown that nothing reads. */
const checks: Readonly<Record<string, Check>> = {
  async 'kustomize.config.k8s.io Kustomization'(shown) {
    const resources = composed(shown as Kustomization, 'mine');
    for (const rule of podRules)
      for (const daemonSet of resources.filter(isDaemonSet)) assert.ok(rule.holds(daemonSet), rule.name);
    await Promise.all(optionsOf(resources, clusterOfIpv6));
  },

  /** With it, a policy that lets pods ask the cluster DNS by its labels is no longer in the way; without, it is. */
  async 'networking.k8s.io NetworkPolicy'(shown) {
    const [{ listen }] = (await Promise.all(optionsOf(pairs[0]!.resources))) as [Options, Options];
    const policy = { ...shown, metadata: { name: 'shown', namespace: 'shop' } };
    const to = [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }];
    const byLabels = {
      metadata: { name: 'by-labels', namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to }] },
    };
    const found = (...policies: unknown[]) => policyFindings(new ClusterView({ policies }), listen);
    assert.deepEqual([found(byLabels).length, found(byLabels, policy).length], [1, 0]);
    const { egress } = (shown as { spec: { egress: { ports: unknown[] }[] } }).spec;
    const both = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));
    for (const { ports } of egress) assert.deepEqual(ports, both);
  },

  /** Of node-cache with our image, or what is changed of one. */
  async 'apps DaemonSet'(shown) {
    const { metadata, spec } = shown as DaemonSet;
    const { containers, volumes = [], hostNetwork } = spec.template.spec;
    const [{ image, args, ports, volumeMounts = [] }] = containers as [Container];
    const at = (path: string) =>
      volumes.find(({ name }) => name === volumeMounts.find(({ mountPath }) => mountPath === path)?.name);
    assert.match(image, new RegExp(`/twindns:${version.replaceAll('.', '\\.')}$`));
    assert.deepEqual(at('/run/twindns')?.hostPath, { path: '/run/twindns', type: 'DirectoryOrCreate' });
    assert.equal(ports, undefined);
    if (metadata.name === 'node-local-dns') return;
    assert.equal(hostNetwork, true);
    assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
    const taken = takeNodeCacheArgs(args!, { KUBE_DNS_UPSTREAM_SERVICE_HOST: '10.96.0.11' }, () => true)!;
    assert.deepEqual(taken.remarks, []);
    for (const flag of ['--cluster-dns=10.96.0.11', '--corefile=/etc/coredns/Corefile.base', '--leader'])
      assert.ok(taken.args.includes(flag), flag);
    assert.equal(at('/etc/coredns')?.configMap?.name, 'node-local-dns');
    assert.deepEqual(at('/etc/kube-dns')?.configMap, { name: 'kube-dns', optional: true });
  },

  async 'argoproj.io Application'(shown) {
    const { source, destination, syncPolicy } = (shown as { spec: Application }).spec;
    assert.ok(
      wholes.some((folder) => folder === source.path),
      source.path,
    );
    assert.deepEqual([destination.namespace, syncPolicy.automated.prune], ['kube-system', false]);
  },

  async 'kustomize.toolkit.fluxcd.io Kustomization'(shown) {
    const { path, prune } = (shown as { spec: { path: string; prune: boolean } }).spec;
    assert.ok(
      wholes.some((folder) => `./${folder}` === path),
      path,
    );
    assert.equal(prune, false);
  },
};

interface Application {
  readonly source: { readonly path: string };
  readonly destination: { readonly namespace: string };
  readonly syncPolicy: { readonly automated: { readonly prune: boolean } };
}

test('each block of YAML on the page is of a kind that is checked, and right', async () => {
  const ours = pages.filter(({ folder }) => folder === 'manifests');
  assert.ok(ours.length > 1);
  for (const { text, line } of ours.flatMap(({ blocks }) =>
    blocks.filter(({ language }) => language === 'yaml'),
  )) {
    const shown = parse(text) as { apiVersion: string; kind: string };
    const name = `${shown.apiVersion.replace(/\/.*/, '')} ${shown.kind}`;
    const check = checks[name];
    assert.ok(check !== undefined, `line ${line}: no test knows a ${name}`);
    await check(shown);
  }
});

test('the page has every flag of node-cache that is taken, and no other', () => {
  const named = spansOf(pageAt('manifests/moving.md')).filter((span) => /^-[a-z]/.test(span));
  const flags = new Set(named.map((span) => span.split(' ')[0]!.slice(1)));
  const [, table = ''] = /const translations[^=]*= \{([\s\S]*?)\n\};/.exec(
    readText('src/options/node-cache-args.ts'),
  )!;
  const taken = [...table.matchAll(/^ {2}'?([\w.-]+)'?[:(]/gm)].map(([, name]) => name!);
  assert.ok(taken.length > 20);
  assert.deepEqual([...flags].sort(), taken.sort());
});

test('a block that goes with nothing is found', async () => {
  const kustomization = checks['kustomize.config.k8s.io Kustomization']!;
  const missing = { kind: 'Kustomization', resources: ['../manifests/bass'] };
  await assert.rejects(async () => kustomization(missing));
  const inert = { kind: 'Kustomization', components: ['../manifests/components/ipv6'] };
  await assert.rejects(async () => kustomization(inert));
  const ports = [{ protocol: 'UDP', port: 53 }];
  const to = [{ ipBlock: { cidr: '169.254.20.10/32' } }];
  const half = { spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to, ports }] } };
  await assert.rejects(async () => checks['networking.k8s.io NetworkPolicy']!(half));
});

test('the limits of memory on the page are those that the test of the manifests asks for', () => {
  const { text } = pageAt('manifests/README.md');
  const [, ...shown] =
    /so (\d+)Mi for (\d+)MiB and (\d+)Mi for (\d+)MiB/.exec(text.replaceAll('\n', ' ')) ?? [];
  const numbers = shown.map(Number);
  assert.equal(numbers.length, 4);
  for (const [limit, cache] of [numbers.slice(0, 2), numbers.slice(2)] as [number, number][])
    assert.ok(limit >= 2 * (73 + cache) && limit <= 2 * (73 + cache) + 64, `${limit}`);
});

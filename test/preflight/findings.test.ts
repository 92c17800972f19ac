// findings.test — each thing that stands in the way is found in a cluster that has it, with its grade, and in no other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  corefile,
  daemonSet,
  foundIn,
  map,
  node,
  type Objects,
  service,
  slice,
  toldIn,
  usual,
} from './clusters.ts';

const maps = (...more: unknown[]) => ({ maps: [...usual.maps!.slice(0, 1), ...more] });
const aws = (mode: string) =>
  daemonSet('aws-node', {
    image: 'amazon-k8s-cni:v1.19.0',
    env: [
      { name: 'ENABLE_POD_ENI', value: 'true' },
      { name: 'POD_SECURITY_GROUP_ENFORCING_MODE', value: mode },
    ],
  });
const group = { metadata: { name: 'g', namespace: 'shop' } };
const nodeCache = (args: string[], metadata?: object, name = 'node-local-dns') =>
  daemonSet(name, { image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.23.1', args }, metadata);
const inNetwork = (port: number, metadata?: object) =>
  daemonSet('exporter', { ports: [{ containerPort: port }] }, metadata, { hostNetwork: true });
const usualArgs = [
  '-localip',
  '169.254.20.10,10.96.0.10',
  '-conf',
  '/etc/Corefile',
  '-upstreamsvc',
  'kube-dns-upstream',
];

/** Changes of the usual cluster, and the one thing to be found in each. */
const cases: readonly (readonly [Objects, RegExp])[] = [
  [maps(map('cilium-config', { 'kube-proxy-replacement': 'true' })), /^stop: Cilium replaces kube-proxy/],
  [
    { felix: [{ metadata: { name: 'default' }, spec: { bpfEnabled: true } }] },
    /^stop: Calico has its eBPF data plane/,
  ],
  [
    { daemonSets: [daemonSet('calico-node', { env: [{ name: 'FELIX_BPFENABLED', value: 'true' }] })] },
    /^stop: Calico/,
  ],
  [
    maps(map('antrea-config', { 'antrea-agent.conf': 'antreaProxy:\n  proxyAll: true\n' })),
    /^first: AntreaProxy/,
  ],
  [{ daemonSets: [daemonSet('anetd', {})] }, /^stop: GKE Dataplane V2/],
  [{ nodes: [node('gk3-pool-1')] }, /^stop: GKE Autopilot/],
  [{ openshiftDns: [{ metadata: { name: 'default' } }] }, /^stop: OpenShift/],
  [{ securityGroups: [group], daemonSets: [aws('strict')] }, /^stop: EKS security groups/],
  [maps(map('kube-proxy', { 'config.conf': 'a: b\nmode: "ipvs"\n' })), /^first: kube-proxy is in IPVS mode/],
  [{ services: [] }, /^first: the cluster DNS has a Service of another name/],
  [
    { services: [service({ clusterIP: 'None', clusterIPs: ['None'] })] },
    /^stop: the Service of the cluster DNS has no address/,
  ],
  [
    { services: [service({ selector: { app: 'coredns' } })] },
    /^first: the pods .* have the label app: coredns/,
  ],
  [{ endpointSlices: [slice(8053)] }, /^first: the pods .* listen at port 8053/],
  [{ endpointSlices: [slice(53, false)] }, /^first: no pod of the cluster DNS is ready/],
  [
    { services: [service({ ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] })] },
    /^first: .* not served over TCP/,
  ],
  [
    { services: [service({ clusterIP: 'fd00::a', clusterIPs: ['fd00::a'] })] },
    /^first: .* IPv6 address fd00::a/,
  ],
  [
    { services: [service({ clusterIPs: ['10.96.0.10', 'fd00::a'] })] },
    /^know: pods that ask fd00::a reach the cluster DNS/,
  ],
  [
    { maps: [map('coredns', { Corefile: corefile.replace('cluster.local', 'prod.example') })] },
    /^first: the domain of the cluster is prod\.example/,
  ],
  [
    { maps: [map('coredns', { Corefile: corefile.replace('cluster.local', 'cluster.local b.example') })] },
    /^first: .* further domains: b\.example/,
  ],
  [
    { maps: [map('coredns', { Corefile: `corp.example {\n}\n${corefile}` })] },
    /^first: names that only .*: zone corp\.example/,
  ],
  [
    maps(map('coredns-custom', { 'a.server': 'x.example {\n}\n', 'empty.override': '# none\n' })),
    /^first: names .*: a\.server$/,
  ],
  [{ maps: [map('kube-dns', { stubDomains: '{}' })] }, /^first: names that only .*: stubDomains/],
  [{ maps: [] }, /^unseen: there is no Corefile/],
  [
    { daemonSets: [nodeCache(usualArgs)] },
    /^first: NodeLocal DNSCache is there \(169\.254\.20\.10, nodelocaldns\)/,
  ],
  [{ daemonSets: [inNetwork(9254)] }, /^first: port 9254 of the nodes is taken/],
  [
    { daemonSets: [daemonSet('dns', { ports: [{ containerPort: 5353, hostPort: 53 }] })] },
    /^first: port 53 of/,
  ],
  [{ nodes: [node('w', { info: { operatingSystem: 'windows' } })] }, /^know: 1 node with Windows/],
  [
    { nodes: [node('f', { labels: { 'eks.amazonaws.com/compute-type': 'fargate' }, ready: 'False' })] },
    /^know: 1 node that/,
  ],
  [{ nodes: [node('v', { labels: { type: 'virtual-kubelet' } })] }, /^know: 1 node that/],
  [{ nodes: [node('n', { ready: 'Unknown' })] }, /^know: 1 node not ready/],
  [{ nodes: [node('n', { info: { architecture: 's390x' } })] }, /^first: 1 node of an architecture/],
  [
    { nodes: [node('n', { info: { kernelVersion: '4.14.355-276.amzn2' } })] },
    /^stop: 1 node with a Linux older than 4\.18/,
  ],
  [
    {
      namespaces: [
        { metadata: { name: 'kube-system', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } },
      ],
    },
    /^first: the namespace enforces the Pod Security level baseline/,
  ],
];

test('in the usual cluster there is nothing', () => {
  assert.deepEqual(toldIn({}), []);
});

test('each thing is found, and nothing else with it', () => {
  for (const [change, wanted] of cases) {
    const told = toldIn(change);
    assert.equal(told.length, 1, `${wanted}: ${told.join('; ')}`);
    assert.match(told[0]!, wanted);
  }
});

test('what only looks like one is none', () => {
  const none: readonly Objects[] = [
    maps(map('cilium-config', { 'kube-proxy-replacement': 'false' })),
    { felix: [{ metadata: { name: 'default' }, spec: { bpfEnabled: false } }] },
    maps(
      map('antrea-config', {
        'antrea-agent.conf': 'antreaProxy:\n  skipServices: ["kube-system/kube-dns"]\n',
      }),
    ),
    { securityGroups: [group], daemonSets: [aws('standard')] },
    { daemonSets: [aws('strict')] },
    { daemonSets: [inNetwork(9100)] },
    { daemonSets: [inNetwork(9253, { labels: { 'app.kubernetes.io/name': 'twindns' } })] },
    { daemonSets: [daemonSet('a', { ports: [{ containerPort: 9253 }] })] },
    maps(map('coredns-custom', { 'a.server': '\n# x.example {\n' })),
    { nodes: [node('n', { info: { kernelVersion: '4.18.0-553.el8' } })] },
    { nodes: [node('n', { info: { kernelVersion: 'unknown' } })] },
  ];
  for (const change of none) assert.deepEqual(toldIn(change), [], JSON.stringify(change));
});

test('NodeLocal DNSCache elsewhere is found with what the settings have to say, and what makes it again', () => {
  const adviceIn = (...args: Parameters<typeof nodeCache>) =>
    foundIn({ daemonSets: [nodeCache(...args)] }).map(({ advice }) => advice);
  const chart = ['-localip=169.254.20.25,10.96.0.10', '--interfacename', 'nodelocal'];
  const [advice] = adviceIn(chart, {}, 'release-node-local-dns');
  assert.match(advice!, /NODE_LOCAL_ADDRESS=169\.254\.20\.25 and TWINDNS_INTERFACE=nodelocal /);
  for (const [metadata, owner] of [
    [{ labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' } }, /addon manager/],
    [{ labels: { 'k8s-addon': 'nodelocaldns.addons.k8s.io' } }, /kops/],
    [{ labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, /Helm/],
    [{ annotations: { 'argocd.argoproj.io/tracking-id': 'a' } }, /Argo CD/],
    [{ labels: { 'kustomize.toolkit.fluxcd.io/name': 'a' } }, /Flux/],
  ] as const)
    assert.match(adviceIn(usualArgs, metadata)[1]!, owner);
});

test('what a Corefile of NodeLocal DNSCache has beside the usual zones is told, with what keeps it', () => {
  const told = (text: string) =>
    foundIn(maps(map('node-local-dns', { Corefile: text }))).filter(
      ({ where }) => where === 'kube-system/node-local-dns',
    );
  const usual =
    '__PILLAR__DNS__DOMAIN__:53 {\n forward . __PILLAR__CLUSTER__DNS__ {\n force_tcp\n }\n}\n' +
    'in-addr.arpa:53 {\n forward . __PILLAR__CLUSTER__DNS__\n}\n.:53 {\n forward . __PILLAR__UPSTREAM__SERVERS__\n}\n';
  assert.deepEqual(told(usual), []);
  const [found] = told(`${usual}corp.example:53 {\n forward . 192.0.2.1\n}\n`);
  assert.match(found!.what, /by a Corefile of yours: zone corp\.example$/);
  assert.match(found!.advice, /components\/node-local-dns-corefile/);
});

test('the worst comes first', () => {
  const found = foundIn({
    nodes: [node('gk3-1', { ready: 'False' })],
    maps: [],
    services: [service({ selector: { a: 'b' } })],
  });
  assert.deepEqual(
    found.map(({ grade }) => grade),
    ['stop', 'first', 'unseen', 'know'],
  );
});

test('whatever shape things have, nothing is thrown', () => {
  const odd: readonly unknown[] = [
    null,
    0,
    'x',
    [],
    {},
    { metadata: null },
    { spec: [] },
    { metadata: { name: 7 }, spec: { egress: 'a', ports: [null] } },
  ];
  for (const one of odd) {
    const all = Object.fromEntries(
      [...Object.keys(usual), 'policies', 'felix', 'ciliumPolicies'].map((kind) => [kind, [one]]),
    );
    assert.ok(Array.isArray(toldIn(all)), JSON.stringify(one));
  }
});

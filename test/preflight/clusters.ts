// clusters — a cluster as kubeadm makes it, in which preflight finds nothing, and changes of it.

import { ClusterView, type Kind } from '../../src/preflight/cluster-view.ts';
import type { Finding } from '../../src/preflight/finding.ts';
import { findingsOf } from '../../src/preflight/preflight.ts';

export type Objects = Partial<Record<Kind, readonly unknown[]>>;

export const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

export function map(name: string, data: Readonly<Record<string, string>>): unknown {
  return { kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data };
}

export function node(name: string, change: { labels?: object; info?: object; ready?: string } = {}): unknown {
  return {
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux', ...change.labels } },
    status: {
      conditions: [{ type: 'Ready', status: change.ready ?? 'True' }],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        kernelVersion: '6.1.0-32-amd64',
        ...change.info,
      },
    },
  };
}

export function service(spec: object = {}): unknown {
  return {
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
    spec: {
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'metrics', port: 9153, protocol: 'TCP' },
      ],
      ...spec,
    },
  };
}

export function slice(port = 53, ready = true): unknown {
  return {
    metadata: {
      name: 'kube-dns-x',
      namespace: 'kube-system',
      labels: { 'kubernetes.io/service-name': 'kube-dns' },
    },
    endpoints: [{ addresses: ['10.244.0.2'], conditions: { ready } }],
    ports: [
      { name: 'dns', port, protocol: 'UDP' },
      { name: 'dns-tcp', port, protocol: 'TCP' },
      { name: 'metrics', port: 9153, protocol: 'TCP' },
    ],
  };
}

export function daemonSet(name: string, container: object, metadata: object = {}, pod: object = {}): unknown {
  return {
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', ...metadata },
    spec: { template: { spec: { ...pod, containers: [container] } } },
  };
}

export const usual: Objects = {
  namespaces: [
    {
      kind: 'Namespace',
      metadata: { name: 'kube-system', labels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    },
  ],
  services: [service()],
  endpointSlices: [slice()],
  maps: [map('coredns', { Corefile: corefile }), map('kube-proxy', { 'config.conf': 'mode: ""\n' })],
  daemonSets: [daemonSet('kube-proxy', { name: 'kube-proxy', image: 'registry.k8s.io/kube-proxy:v1.33.1' })],
  nodes: [node('n1'), node('n2', { info: { architecture: 'arm64' } })],
};

/** What is found where the cluster differs from the usual one. */
export function foundIn(change: Objects): Finding[] {
  return findingsOf(new ClusterView({ ...usual, ...change }));
}

/** `grade: what`, of each. */
export function toldIn(change: Objects): string[] {
  return foundIn(change).map(({ grade, what }) => `${grade}: ${what}`);
}

// network-policies — policies that let pods ask the cluster DNS by its labels: captured, its address is no pod's any more.
//
// A rule by podSelector or namespaceSelector lets through what goes to a pod. On a node with a cache, what goes to the address
// of the cluster DNS goes to the node itself, and only a rule by ipBlock lets that through.

import { BlockList, isIP } from 'node:net';
import { dnsLabels } from './cluster-dns.ts';
import type { ClusterView, Kind } from './cluster-view.ts';
import { at, fieldsAt, listAt, nameOf, textAt } from './fields.ts';
import { countOf, type Finding, someOf } from './finding.ts';

/** @param addresses what a node would capture */
export function policyFindings(view: ClusterView, addresses: readonly string[]): Finding[] {
  const labels = dnsLabels(view);
  const policies = view.all('policies');
  const admitting = new Set(
    policies
      .filter((one) => selectsAll(one) && admits(one, addresses))
      .map((one) => textAt(one, 'metadata', 'namespace')),
  );
  const egress = policies.filter(
    (one) =>
      typesOf(one).includes('Egress') &&
      !admitting.has(textAt(one, 'metadata', 'namespace')) &&
      egressOf(one).some((rule) => toPort53(rule) && toPods(rule, one, view)) &&
      !admits(one, addresses),
  );
  const ingress = policies.filter(
    (one) =>
      textAt(one, 'metadata', 'namespace') === 'kube-system' &&
      typesOf(one).includes('Ingress') &&
      !selectsOnlyOthers(at(one, 'spec', 'podSelector'), labels) &&
      !listAt(one, 'spec', 'ingress').some((rule) => fromAddresses(rule)),
  );
  const others = otherKinds.flatMap((kind) => view.all(kind).filter((one) => namesDns(one, labels)));
  return [
    ...(egress.length === 0
      ? []
      : [
          {
            grade: 'first',
            what: `${countOf(egress.length, 'network policy lets', 'network policies let')} pods ask the cluster DNS by its labels: captured, its address is no pod's`,
            where: someOf(egress.map(nameOf)),
            advice: `add the policy of manifests/README.md for ${addresses.join(' and ')} to their namespaces`,
          } as const,
        ]),
    ...(ingress.length === 0
      ? []
      : [
          {
            grade: 'first',
            what: 'a policy lets only pods reach the cluster DNS: instances ask from the addresses of nodes',
            where: someOf(ingress.map(nameOf)),
            advice: 'admit the addresses of all nodes to it by ipBlock, port 53 over UDP and TCP',
          } as const,
        ]),
    ...(others.length === 0
      ? []
      : [
          {
            grade: 'first',
            what: `${countOf(others.length, 'policy of the network plugin names', 'policies of the network plugin name')} the cluster DNS by its labels`,
            where: someOf(others.map(nameOf)),
            advice: 'let their pods reach the node itself at port 53 as well (in Cilium: toEntities host)',
          } as const,
        ]),
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

const otherKinds: readonly Kind[] = [
  'ciliumPolicies',
  'ciliumClusterPolicies',
  'calicoPolicies',
  'calicoGlobalPolicies',
];

/** A policy without types is one for ingress, and one for egress if it has rules for that. */
function typesOf(policy: unknown): readonly unknown[] {
  const types = listAt(policy, 'spec', 'policyTypes');
  if (types.length > 0) return types;
  return egressOf(policy).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function egressOf(policy: unknown): readonly unknown[] {
  return listAt(policy, 'spec', 'egress');
}

function selectsAll(policy: unknown): boolean {
  return typesOf(policy).includes('Egress') && isEmpty(at(policy, 'spec', 'podSelector'));
}

/** Whether all of the addresses are let through, by UDP, whichever rules do it. */
function admits(policy: unknown, addresses: readonly string[]): boolean {
  return addresses.every((address) =>
    egressOf(policy).some((rule) => {
      const to = listAt(rule, 'to');
      return toPort53(rule) && (to.length === 0 || to.some((peer) => holds(at(peer, 'ipBlock'), address)));
    }),
  );
}

function toPort53(rule: unknown): boolean {
  const ports = listAt(rule, 'ports');
  return ports.length === 0 || ports.some(isDnsPort);
}

function isDnsPort(entry: unknown): boolean {
  if ((textAt(entry, 'protocol') || 'TCP') !== 'UDP') return false;
  const [port, end] = [at(entry, 'port'), at(entry, 'endPort')];
  if (typeof port !== 'number') return port === undefined || /^dns/.test(String(port));
  return port === 53 || (typeof end === 'number' && port <= 53 && 53 <= end);
}

/** To those of the cluster DNS. */
function toPods(rule: unknown, policy: unknown, view: ClusterView): boolean {
  return listAt(rule, 'to').some((peer) => {
    if (at(peer, 'ipBlock') !== undefined || selectsOnlyOthers(at(peer, 'podSelector'), dnsLabels(view)))
      return false;
    const namespaces = at(peer, 'namespaceSelector');
    // Without one it is the policy's own namespace.
    if (namespaces === undefined) return textAt(policy, 'metadata', 'namespace') === 'kube-system';
    const labels = fieldsAt(view.one('namespaces', 'kube-system'), 'metadata', 'labels');
    return !selectsOnlyOthers(namespaces, { ...labels, 'kubernetes.io/metadata.name': 'kube-system' });
  });
}

function fromAddresses(rule: unknown): boolean {
  const from = listAt(rule, 'from');
  return from.length === 0 || from.some((peer) => at(peer, 'ipBlock') !== undefined);
}

/** Whether a selector asks for a label that the pods of the cluster DNS do not have; expressions are taken to fit. */
function selectsOnlyOthers(selector: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fieldsAt(selector, 'matchLabels')).some(([key, value]) => labels[key] !== value);
}

function isEmpty(selector: unknown): boolean {
  return Object.values(fieldsAt({ selector }, 'selector')).every(
    (part) => Object.keys(fieldsAt({ part }, 'part')).length === 0 && listAt({ part }, 'part').length === 0,
  );
}

function holds(block: unknown, address: string): boolean {
  return (
    inside(textAt(block, 'cidr'), address) &&
    !listAt(block, 'except').some((cidr) => inside(String(cidr), address))
  );
}

function inside(cidr: string, address: string): boolean {
  const [network = '', digits = ''] = cidr.split('/');
  const version = isIP(network);
  const length = Number(digits);
  if (version === 0 || isIP(address) !== version || digits === '' || !(length <= (version === 4 ? 32 : 128)))
    return false;
  const list = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, length, family);
  return list.check(address, family);
}

/** Of kinds whose rules have another grammar each: whether the labels are written down in it. */
function namesDns(policy: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  const text = JSON.stringify(at(policy, 'spec') ?? at(policy, 'specs') ?? '');
  return Object.entries(labels).some(([key, value]) => text.includes(key) && text.includes(String(value)));
}

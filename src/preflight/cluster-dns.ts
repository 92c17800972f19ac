// cluster-dns — the Service that pods ask, what is behind it, its domain, and the names that only it knows.

import type { ClusterView } from './cluster-view.ts';
import { clusterDomainsOf, ownNamesOf, readCorefile } from './corefile.ts';
import { at, fieldsAt, listAt, nameOf, textAt } from './fields.ts';
import { type Finding, someOf } from './finding.ts';

/** Of the Service kube-dns, as a node would capture them; none if there is no such Service. */
export function serviceAddresses(view: ClusterView): string[] {
  const service = serviceOf(view);
  const all = [textAt(service, 'spec', 'clusterIP'), ...listAt(service, 'spec', 'clusterIPs')];
  return [...new Set(all)].filter((one): one is string => typeof one === 'string' && /[.:]/.test(one));
}

/** Labels of the pods behind it; those that all clusters have, where it is not to be seen. */
export function dnsLabels(view: ClusterView): Readonly<Record<string, unknown>> {
  const selector = fieldsAt(serviceOf(view), 'spec', 'selector');
  return Object.keys(selector).length > 0 ? selector : { 'k8s-app': 'kube-dns' };
}

export function serviceFindings(view: ClusterView): Finding[] {
  const service = serviceOf(view);
  if (service === undefined) {
    const others = view
      .all('services')
      .filter((one) => listAt(one, 'spec', 'ports').some((port) => at(port, 'port') === 53))
      .map(nameOf);
    return [
      first(
        'the cluster DNS has a Service of another name',
        others.length === 0 ? SERVICE : someOf(others),
        'set KUBE_DNS_SERVICE_HOST in manifests/settings to its address, and edit manifests/base/cluster-dns.yaml',
      ),
    ];
  }
  const addresses = serviceAddresses(view);
  const selector = fieldsAt(service, 'spec', 'selector');
  const label = Object.entries(selector).map(([key, value]) => `${key}: ${value}`);
  const ports = dnsPortsOf(view);
  const odd = [...new Set(ports.filter(({ port }) => port !== 53).map(({ port }) => port))];
  const missing = ['UDP', 'TCP'].filter(
    (protocol) => !listAt(service, 'spec', 'ports').some((one) => isDns(one, protocol)),
  );
  return [
    ...(addresses.length > 0
      ? []
      : [
          stop(
            'the Service of the cluster DNS has no address of its own',
            SERVICE,
            'there is nothing to capture: use manifests/overlays/ipvs and tell the kubelets',
          ),
        ]),
    ...(label.join() === 'k8s-app: kube-dns'
      ? []
      : [
          first(
            `the pods of the cluster DNS have the label ${label.join(', ') || 'of no selector'}`,
            SERVICE,
            'name it in manifests/base/cluster-dns.yaml',
          ),
        ]),
    ...(odd.length === 0
      ? []
      : [
          first(
            `the pods of the cluster DNS listen at port ${odd.join(', ')}`,
            SERVICE,
            'name it as targetPort in manifests/base/cluster-dns.yaml',
          ),
        ]),
    ...missing.map((protocol) =>
      first(
        `the cluster DNS is not served over ${protocol}`,
        SERVICE,
        'add the port: twindns asks it over TCP, pods ask over both',
      ),
    ),
    ...(ports.length > 0 || view.all('endpointSlices').length === 0
      ? []
      : [
          first(
            'no pod of the cluster DNS is ready',
            SERVICE,
            'mend that first: an instance serves names of the cluster only when it answers',
          ),
        ]),
    ...familyFindings(addresses),
  ];
}

/** The domain, and what the Corefile has beside it. */
export function nameFindings(view: ClusterView): Finding[] {
  const map = view.one('maps', COREDNS);
  const stubs = ['stubDomains', 'upstreamNameservers'].filter(
    (key) => textAt(view.one('maps', 'kube-system/kube-dns'), 'data', key) !== '',
  );
  const blocks = readCorefile(textAt(map, 'data', 'Corefile'));
  const domains = clusterDomainsOf(blocks);
  const custom = Object.entries(fieldsAt(view.one('maps', 'kube-system/coredns-custom'), 'data'))
    .filter(([, text]) => typeof text === 'string' && /^\s*[^#\s]/m.test(text))
    .map(([key]) => key);
  const own = ownNamesOf(blocks, domains);
  const [domain = 'cluster.local', ...others] = domains;
  const only = [
    ...(own.length === 0 ? [] : [onlyThere(someOf(own), COREDNS)]),
    ...(custom.length === 0 ? [] : [onlyThere(someOf(custom), 'kube-system/coredns-custom')]),
    ...(stubs.length === 0 ? [] : [onlyThere(stubs.join(', '), 'kube-system/kube-dns')]),
  ];
  if (map === undefined && only.length === 0)
    return [
      {
        grade: 'unseen',
        what: 'there is no Corefile to read: names that only the cluster DNS knows are not found from here',
        where: COREDNS,
        advice:
          'compare the domain with TWINDNS_CLUSTER_DOMAIN, and look for hosts, rewrite and zones of other servers',
      },
    ];
  return [
    ...(domain === 'cluster.local'
      ? []
      : [
          first(
            `the domain of the cluster is ${domain}`,
            COREDNS,
            `set TWINDNS_CLUSTER_DOMAIN=${domain} in manifests/settings`,
          ),
        ]),
    ...(others.length === 0
      ? []
      : [
          first(
            `the cluster DNS answers for further domains: ${someOf(others)}`,
            COREDNS,
            'use manifests/components/all-to-cluster-dns',
          ),
        ]),
    ...only,
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

const SERVICE = 'kube-system/kube-dns';
const COREDNS = 'kube-system/coredns';

function serviceOf(view: ClusterView): unknown {
  return view.one('services', SERVICE);
}

function isDns(port: unknown, protocol: string): boolean {
  return at(port, 'port') === 53 && (textAt(port, 'protocol') || 'TCP') === protocol;
}

/** Of pods that are ready, by which a Service's port is reached; a slice names ports as the Service does. */
function dnsPortsOf(view: ClusterView): { port: unknown }[] {
  const names = listAt(serviceOf(view), 'spec', 'ports')
    .filter((port) => at(port, 'port') === 53)
    .map((port) => textAt(port, 'name'));
  return view
    .all('endpointSlices')
    .filter((slice) => textAt(slice, 'metadata', 'labels', 'kubernetes.io/service-name') === 'kube-dns')
    .filter((slice) => listAt(slice, 'endpoints').some((one) => at(one, 'conditions', 'ready') !== false))
    .flatMap((slice) => listAt(slice, 'ports').filter((port) => names.includes(textAt(port, 'name'))))
    .map((port) => ({ port: at(port, 'port') }));
}

function familyFindings(addresses: readonly string[]): Finding[] {
  const [main = '', ...others] = addresses;
  if (main.includes(':'))
    return [
      first(
        `the cluster DNS has the IPv6 address ${main}`,
        SERVICE,
        'use manifests/overlays/ipv6, or the component',
      ),
    ];
  return others.map((other) => ({
    grade: 'know',
    what: `pods that ask ${other} reach the cluster DNS itself: one address of the Service is captured, ${main}`,
    where: SERVICE,
    advice:
      'nothing, if pods are told the first one; else add the other to TWINDNS_LISTEN of both DaemonSets',
  }));
}

function onlyThere(what: string, where: string): Finding {
  return first(
    `names that only the cluster DNS knows: ${what}`,
    where,
    'use manifests/components/all-to-cluster-dns, or write them into manifests/base/Corefile',
  );
}

function first(what: string, where: string, advice: string): Finding {
  return { grade: 'first', what, where, advice };
}

function stop(what: string, where: string, advice: string): Finding {
  return { grade: 'stop', what, where, advice };
}

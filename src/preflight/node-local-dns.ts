// node-local-dns — NodeLocal DNSCache where it is there already: its addresses, its interface, and what would bring it back.

import type { ClusterView } from './cluster-view.ts';
import { clusterDomainsOf, ownNamesOf, readCorefile } from './corefile.ts';
import { fieldsAt, listAt, nameOf, textAt } from './fields.ts';
import { type Finding, someOf } from './finding.ts';

/** The address of the manifests' settings. */
export const NODE_LOCAL_ADDRESS = '169.254.20.10';

export interface NodeLocal {
  readonly name: string;
  /** Of the node alone, not those of Services. */
  readonly addresses: readonly string[];
  readonly interfaceName: string;
  /** What makes it again when it is deleted; '' if nothing is known to. */
  readonly owner: string;
}

/** @param serviceAddresses which NodeLocal DNSCache captures as well */
export function nodeLocalOf(view: ClusterView, serviceAddresses: readonly string[]): NodeLocal | undefined {
  for (const daemonSet of view.all('daemonSets')) {
    const container = listAt(daemonSet, 'spec', 'template', 'spec', 'containers').find((one) =>
      /node-cache/.test(textAt(one, 'image')),
    );
    if (container === undefined && nameOf(daemonSet) !== 'kube-system/node-local-dns') continue;
    const words = ['command', 'args'].flatMap((key) => listAt(container, key)).map(String);
    const local = flagOf(words, 'localip')
      .split(',')
      .filter((one) => one !== '');
    return {
      name: nameOf(daemonSet),
      addresses: local.filter((one) => !serviceAddresses.includes(one)),
      interfaceName: flagOf(words, 'interfacename') || 'nodelocaldns',
      owner: ownerOf(daemonSet),
    };
  }
  return undefined;
}

export function nodeLocalFindings(found: NodeLocal | undefined): Finding[] {
  if (found === undefined) return [];
  const { name, addresses, interfaceName, owner } = found;
  const [address = ''] = addresses;
  const settings = [
    ...(address === '' || address === NODE_LOCAL_ADDRESS ? [] : [`NODE_LOCAL_ADDRESS=${address}`]),
    ...(interfaceName === 'nodelocaldns' ? [] : [`TWINDNS_INTERFACE=${interfaceName}`]),
  ];
  const place = [...addresses, interfaceName].join(', ');
  return [
    {
      grade: 'first',
      what: `NodeLocal DNSCache is there (${place})`,
      where: name,
      advice: [
        ...(settings.length === 0 ? [] : [`set ${settings.join(' and ')} in manifests/settings`]),
        'come from it by manifests/overlays/migrate',
      ].join(', then '),
    },
    ...(owner === ''
      ? []
      : [
          {
            grade: 'first',
            what: `${owner} would make NodeLocal DNSCache again when it is deleted`,
            where: name,
            advice: `switch it off in ${owner} when the way there says to delete it`,
          } as const,
        ]),
  ];
}

/** What its Corefile has beside the zones of the cluster and the node's servers: the Corefile of the manifests has none of it. */
export function nodeLocalNameFindings(view: ClusterView): Finding[] {
  const blocks = readCorefile(textAt(view.one('maps', COREFILE), 'data', 'Corefile'));
  const cluster = clusterDomainsOf(readCorefile(textAt(view.one('maps', COREDNS), 'data', 'Corefile')));
  const domains = cluster.length > 0 ? cluster : ['cluster.local'];
  // Placeholders are the node's servers, or those of the ConfigMap kube-dns, which is looked at for itself.
  const own = ownNamesOf(blocks, [...domains, '__pillar__dns__domain__']).filter(
    (words) => !words.includes('__PILLAR__'),
  );
  if (own.length === 0) return [];
  return [
    {
      grade: 'first',
      what: `NodeLocal DNSCache answers by a Corefile of yours: ${someOf(own)}`,
      where: COREFILE,
      advice:
        'keep it with manifests/components/node-local-dns-corefile, or write that into manifests/base/Corefile',
    },
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

const COREFILE = 'kube-system/node-local-dns';
const COREDNS = 'kube-system/coredns';

/** Of `-name value`, `-name=value`, with one dash or two; '' if it is not there. */
function flagOf(words: readonly string[], name: string): string {
  const at = words.findIndex((word) => /^--?/.test(word) && word.replace(/^--?/, '').split('=')[0] === name);
  const [, value] = /=(.*)$/.exec(words[at] ?? '') ?? [];
  return at < 0 ? '' : (value ?? words[at + 1] ?? '');
}

function ownerOf(daemonSet: unknown): string {
  const labels = fieldsAt(daemonSet, 'metadata', 'labels');
  const annotations = fieldsAt(daemonSet, 'metadata', 'annotations');
  if (labels['addonmanager.kubernetes.io/mode'] === 'Reconcile') return 'the addon manager of the cluster';
  if (Object.keys(labels).some((key) => key.startsWith('addon.kops.k8s.io') || key === 'k8s-addon'))
    return 'kops';
  if (labels['app.kubernetes.io/managed-by'] === 'Helm') return 'Helm';
  if ('argocd.argoproj.io/tracking-id' in annotations || 'argocd.argoproj.io/instance' in labels)
    return 'Argo CD';
  if ('kustomize.toolkit.fluxcd.io/name' in labels || 'helm.toolkit.fluxcd.io/name' in labels) return 'Flux';
  return '';
}

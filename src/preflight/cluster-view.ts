// cluster-view — what is looked at in a cluster, and what was seen of it.

import { nameOf } from './fields.ts';
import type { Finding } from './finding.ts';
import type { Kubectl, Wanted } from './kubectl.ts';

/** Each kind by the name the checks know it by. Nothing secret is among them. */
const wanted = {
  namespaces: { resource: 'namespaces', names: ['kube-system'] },
  services: { resource: 'services', namespace: 'kube-system' },
  endpointSlices: { resource: 'endpointslices.discovery.k8s.io', namespace: 'kube-system' },
  maps: {
    resource: 'configmaps',
    namespace: 'kube-system',
    names: [
      ...['coredns', 'coredns-custom', 'kube-dns', 'node-local-dns'],
      ...['kube-proxy', 'cilium-config', 'antrea-config'],
    ],
  },
  daemonSets: { resource: 'daemonsets.apps' },
  nodes: { resource: 'nodes' },
  policies: { resource: 'networkpolicies.networking.k8s.io' },
  ciliumPolicies: { resource: 'ciliumnetworkpolicies.cilium.io' },
  ciliumClusterPolicies: { resource: 'ciliumclusterwidenetworkpolicies.cilium.io' },
  calicoPolicies: { resource: 'networkpolicies.crd.projectcalico.org' },
  calicoGlobalPolicies: { resource: 'globalnetworkpolicies.crd.projectcalico.org' },
  redirectPolicies: { resource: 'ciliumlocalredirectpolicies.cilium.io' },
  felix: { resource: 'felixconfigurations.crd.projectcalico.org' },
  securityGroups: { resource: 'securitygrouppolicies.vpcresources.k8s.aws' },
  openshiftDns: { resource: 'dnses.operator.openshift.io' },
} as const satisfies Readonly<Record<string, Wanted>>;

export type Kind = keyof typeof wanted;

export class ClusterView {
  readonly #items: Readonly<Record<Kind, readonly unknown[]>>;
  /** Kinds that were not seen, each with the reason. */
  readonly unseen: readonly Finding[];

  /** @throws TwindnsError FAILED if there is no cluster that answers */
  static async take(kubectl: Kubectl): Promise<ClusterView> {
    await kubectl.reach();
    const kinds = Object.keys(wanted) as Kind[];
    const items: Partial<Record<Kind, readonly unknown[]>> = {};
    const unseen: Finding[] = [];
    // A few at a time: each is a process, and a large cluster has much to tell.
    for (let at = 0; at < kinds.length; at += AT_ONCE) {
      await Promise.all(
        kinds.slice(at, at + AT_ONCE).map(async (kind) => {
          const seen = await kubectl.see(wanted[kind]);
          if ('items' in seen) items[kind] = seen.items;
          else unseen.push(notSeen(wanted[kind].resource, seen.unseen));
        }),
      );
    }
    return new ClusterView(items, unseen);
  }

  constructor(items: Partial<Record<Kind, readonly unknown[]>>, unseen: readonly Finding[] = []) {
    this.#items = { ...nothing, ...items };
    this.unseen = unseen;
  }

  all(kind: Kind): readonly unknown[] {
    return this.#items[kind];
  }

  /** Of the namespace kube-system. @param name with the namespace where the kind has one */
  one(kind: Kind, name: string): unknown {
    return this.all(kind).find((object) => nameOf(object) === name);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const AT_ONCE = 4;

const nothing = Object.fromEntries(Object.keys(wanted).map((kind) => [kind, []])) as unknown as Readonly<
  Record<Kind, readonly unknown[]>
>;

function notSeen(resource: string, why: string): Finding {
  return {
    grade: 'unseen',
    what: `could not be looked at: ${why}`,
    where: resource,
    advice: 'look yourself, or again as a user who may list them',
  };
}

// data-planes — interfaces by which other programs are known that may take queries before they come to an address of this node.

import { Rtnetlink } from './netlink/rtnetlink.ts';

const known = {
  cilium_host:
    'Cilium runs here (interface cilium_host). Where it replaces kube-proxy, queries of pods to a ClusterIP never come to an address of this node: use its local redirect policy, or tell the kubelet the link-local address of --listen.',
  'bpfin.cali':
    'Calico runs its eBPF data plane here (interface bpfin.cali). It translates ClusterIPs before they come to an address of this node: tell the kubelet the link-local address of --listen.',
} as const;

/** A sentence for each that is here. @param isThere whether the node has an interface of that name; tests bring another */
export function dataPlaneWarnings(isThere: (name: string) => boolean = hasLink): string[] {
  return Object.entries(known).flatMap(([name, sentence]) => (isThere(name) ? [sentence] : []));
}

// ---------------------------------------------------------------------------------------------------------------------

function hasLink(name: string): boolean {
  try {
    return Rtnetlink.use((kernel) => kernel.link(name)) !== undefined;
  } catch {
    return false; // what the kernel does not tell is no reason for a warning
  }
}

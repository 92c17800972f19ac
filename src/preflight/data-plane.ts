// data-plane — whether packets to the cluster DNS come by the node's own network at all: where something in front of it
// translates Services, a cache is ready and never asked.

import type { ClusterView } from './cluster-view.ts';
import { at, listAt, nameOf, textAt } from './fields.ts';
import type { Finding } from './finding.ts';

export function dataPlaneFindings(view: ClusterView): Finding[] {
  return [
    ...ciliumFindings(view),
    ...calicoFindings(view),
    ...antreaFindings(view),
    ...proxyFindings(view),
    ...platformFindings(view),
  ];
}

/** The object that has a container's environment variables. '' if it has no such variable. */
export function variableOf(object: unknown, name: string): string {
  const containers = listAt(object, 'spec', 'template', 'spec', 'containers');
  const variables = containers.flatMap((container) => listAt(container, 'env'));
  return textAt(
    variables.find((one) => textAt(one, 'name') === name),
    'value',
  );
}

// ---------------------------------------------------------------------------------------------------------------------

const inert = 'pods are never led to the cache: their questions are translated before they come to the node';

function ciliumFindings(view: ClusterView): Finding[] {
  const where = 'kube-system/cilium-config';
  const mode = textAt(view.one('maps', where), 'data', 'kube-proxy-replacement');
  if (!/^(true|strict|probe|partial)$/.test(mode)) return [];
  return [
    stop(
      `Cilium replaces kube-proxy (${mode}); ${inert}`,
      where,
      'a CiliumLocalRedirectPolicy could lead them to one; it has not been tried with twindns',
    ),
  ];
}

function calicoFindings(view: ClusterView): Finding[] {
  const felix = view.all('felix').filter((one) => at(one, 'spec', 'bpfEnabled') === true);
  const node = view.all('daemonSets').filter((one) => variableOf(one, 'FELIX_BPFENABLED') === 'true');
  return [...felix, ...node]
    .slice(0, 1)
    .map((one) =>
      stop(
        `Calico has its eBPF data plane; ${inert}`,
        nameOf(one),
        'stay with the cluster DNS, or with its iptables data plane',
      ),
    );
}

function antreaFindings(view: ClusterView): Finding[] {
  const map = view.one('maps', 'kube-system/antrea-config');
  const text = textAt(map, 'data', 'antrea-agent.conf');
  if (map === undefined || /skipServices:[^a-z]*kube-system\/kube-dns/.test(text)) return [];
  return [
    {
      grade: 'first',
      what: `AntreaProxy translates Services in its own switch; ${inert}`,
      where: nameOf(map),
      advice:
        'set antreaProxy.skipServices to kube-system/kube-dns, and look with `twindns status` whether queries come',
    },
  ];
}

function proxyFindings(view: ClusterView): Finding[] {
  const where = 'kube-system/kube-proxy';
  const data = at(view.one('maps', where), 'data');
  const mode = /^\s*mode:\s*"?([a-z]+)"?\s*$/m.exec(
    textAt(data, 'config.conf') || textAt(data, 'config'),
  )?.[1];
  if (mode !== 'ipvs') return [];
  return [
    {
      grade: 'first',
      what: 'kube-proxy is in IPVS mode: the address of the cluster DNS is its own on every node',
      where,
      advice: 'use manifests/overlays/ipvs in place of manifests/base',
    },
  ];
}

function platformFindings(view: ClusterView): Finding[] {
  const nodes = view.all('nodes').map((one) => textAt(one, 'metadata', 'name'));
  const agent = view.one('daemonSets', 'kube-system/anetd');
  const openshift = view.all('openshiftDns')[0];
  const groups = view.all('securityGroups')[0];
  const aws = view.one('daemonSets', 'kube-system/aws-node');
  const isStrict =
    variableOf(aws, 'ENABLE_POD_ENI') === 'true' &&
    variableOf(aws, 'POD_SECURITY_GROUP_ENFORCING_MODE') !== 'standard';
  return [
    ...(agent === undefined
      ? []
      : [stop(`GKE Dataplane V2; ${inert}`, nameOf(agent), "use GKE's own NodeLocal DNSCache there")]),
    ...nodes
      .filter((name) => name.startsWith('gk3-'))
      .slice(0, 1)
      .map((name) =>
        stop(
          'GKE Autopilot, which admits no pods of the node network with NET_ADMIN',
          `node ${name}`,
          'do not install it there',
        ),
      ),
    ...(openshift === undefined
      ? []
      : [
          stop(
            'OpenShift: its DNS operator has a cache on every node',
            nameOf(openshift),
            'do not install it there',
          ),
        ]),
    ...(groups === undefined || !isStrict
      ? []
      : [
          stop(
            'EKS security groups for pods, in strict mode: such pods do not reach their own node, and would have no DNS',
            nameOf(groups),
            'set POD_SECURITY_GROUP_ENFORCING_MODE=standard of aws-node first, or do not install it there',
          ),
        ]),
  ];
}

function stop(what: string, where: string, advice: string): Finding {
  return { grade: 'stop', what, where, advice };
}

// nodes — what the nodes are: virtual ones, ones that are away, of another architecture, or too old; and what they admit.

import type { ClusterView } from './cluster-view.ts';
import { at, fieldsAt, listAt, textAt } from './fields.ts';
import { countOf, type Finding, type Grade, someOf } from './finding.ts';

export function nodeFindings(view: ClusterView): Finding[] {
  const nodes = view.all('nodes');
  const enforced = textAt(
    view.one('namespaces', 'kube-system'),
    'metadata',
    'labels',
    'pod-security.kubernetes.io/enforce',
  );
  return [
    ...about(nodes.filter(isWindows), 'know', 'with Windows', 'nothing: no pod of the manifests comes there'),
    ...about(
      nodes.filter(isVirtual),
      'know',
      'that are virtual, or of EKS Auto Mode',
      'nothing: no pod of the manifests comes there, and their pods ask the cluster DNS as before',
    ),
    ...about(
      nodes.filter((one) => isOurs(one) && !isReady(one)),
      'know',
      'not ready: `rollout status` does not end before they are',
      'go on when all other nodes have the new pods; manifests/README.md says how',
    ),
    ...about(
      nodes.filter((one) => isOurs(one) && !['amd64', 'arm64'].includes(infoOf(one, 'architecture'))),
      'first',
      'of an architecture that twindns has not been tried on',
      'build the image for it and try it on one of them, or keep twindns off by a nodeSelector',
    ),
    ...about(
      nodes.filter((one) => isOurs(one) && isOld(infoOf(one, 'kernelVersion'))),
      'stop',
      `with a Linux older than ${LEAST.join('.')}`,
      'renew them, or keep twindns off them by a nodeSelector',
    ),
    ...(enforced === '' || enforced === 'privileged'
      ? []
      : [
          {
            grade: 'first',
            what: `the namespace enforces the Pod Security level ${enforced}, which admits none of the pods`,
            where: 'namespace kube-system',
            advice: 'set its label pod-security.kubernetes.io/enforce to privileged',
          } as const,
        ]),
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

/** What Node.js 24 is built for. */
const LEAST = [4, 18] as const;

function about(nodes: readonly unknown[], grade: Grade, what: string, advice: string): Finding[] {
  if (nodes.length === 0) return [];
  const names = nodes.map((one) => textAt(one, 'metadata', 'name'));
  return [{ grade, what: `${countOf(nodes.length, 'node', 'nodes')} ${what}`, where: someOf(names), advice }];
}

function infoOf(node: unknown, name: string): string {
  return textAt(node, 'status', 'nodeInfo', name);
}

function isWindows(node: unknown): boolean {
  return infoOf(node, 'operatingSystem') === 'windows';
}

/** As the affinity of the manifests has it. */
function isVirtual(node: unknown): boolean {
  const labels = fieldsAt(node, 'metadata', 'labels');
  return (
    labels.type === 'virtual-kubelet' ||
    ['fargate', 'auto'].includes(String(labels['eks.amazonaws.com/compute-type']))
  );
}

function isOurs(node: unknown): boolean {
  return !isWindows(node) && !isVirtual(node);
}

function isReady(node: unknown): boolean {
  return listAt(node, 'status', 'conditions').some(
    (one) => textAt(one, 'type') === 'Ready' && at(one, 'status') === 'True',
  );
}

function isOld(kernel: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  if (major === undefined) return false;
  return Number(major) < LEAST[0] || (Number(major) === LEAST[0] && Number(minor) < LEAST[1]);
}

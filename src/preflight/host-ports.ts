// host-ports — other DaemonSets that have, on every node, a port which an instance wants.

import type { ClusterView } from './cluster-view.ts';
import { at, listAt, nameOf, textAt } from './fields.ts';
import type { Finding } from './finding.ts';

/** Of the manifests: DNS, probes, metrics. */
const wanted = [53, 253, 254, 9253, 9254] as const;

/** @param known DaemonSets that other findings are about */
export function hostPortFindings(view: ClusterView, known: readonly string[]): Finding[] {
  return view
    .all('daemonSets')
    .filter((one) => !known.includes(nameOf(one)) && !isOurs(one))
    .flatMap((one) => {
      const taken = wanted.filter((port) => portsOf(one).includes(port));
      if (taken.length === 0) return [];
      const advice = taken.some((port) => port >= 9253)
        ? 'change PRIMARY_ADMIN_PORT or SECONDARY_ADMIN_PORT in manifests/settings, and the Services and annotations for Prometheus'
        : 'find out at which address it listens: on the same ones both cannot be';
      return [
        {
          grade: 'first',
          what: `port ${taken.join(', ')} of the nodes is taken`,
          where: nameOf(one),
          advice,
        },
      ];
    });
}

// ---------------------------------------------------------------------------------------------------------------------

function isOurs(daemonSet: unknown): boolean {
  return textAt(daemonSet, 'metadata', 'labels', 'app.kubernetes.io/name').startsWith('twindns');
}

/** Ports of the node that it declares. */
function portsOf(daemonSet: unknown): unknown[] {
  const pod = at(daemonSet, 'spec', 'template', 'spec');
  const inNetwork = at(pod, 'hostNetwork') === true;
  return listAt(pod, 'containers')
    .flatMap((container) => listAt(container, 'ports'))
    .map((port) => at(port, 'hostPort') ?? (inNetwork ? at(port, 'containerPort') : undefined));
}

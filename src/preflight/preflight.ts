// preflight — `twindns preflight`: looks over a cluster before twindns is installed, and says what to do first.

import { printable } from '../log/log.ts';
import { nameFindings, serviceAddresses, serviceFindings } from './cluster-dns.ts';
import { ClusterView } from './cluster-view.ts';
import { dataPlaneFindings } from './data-plane.ts';
import { type Finding, isClear, sorted } from './finding.ts';
import { hostPortFindings } from './host-ports.ts';
import { Kubectl, type RunKubectl } from './kubectl.ts';
import { policyFindings } from './network-policies.ts';
import {
  NODE_LOCAL_ADDRESS,
  nodeLocalFindings,
  nodeLocalNameFindings,
  nodeLocalOf,
} from './node-local-dns.ts';
import { nodeFindings } from './nodes.ts';

export interface Preflight {
  readonly context: string | undefined;
  readonly json: boolean;
}

/**
 * Resolves to whether nothing stands in the way.
 *
 * @throws TwindnsError FAILED where there is no kubectl, or no cluster that answers it
 */
export async function preflight(
  { context, json }: Preflight,
  run: RunKubectl,
  print: (text: string) => void,
): Promise<boolean> {
  const found = findingsOf(await ClusterView.take(new Kubectl(run, context)));
  const clear = isClear(found);
  print(json ? `${JSON.stringify({ clear, findings: found }, null, 2)}\n` : render(found));
  return clear;
}

/** Worst first. */
export function findingsOf(view: ClusterView): Finding[] {
  const services = serviceAddresses(view);
  const nodeLocal = nodeLocalOf(view, services);
  const captured = [nodeLocal?.addresses[0] ?? NODE_LOCAL_ADDRESS, ...services.slice(0, 1)];
  return sorted([
    ...dataPlaneFindings(view),
    ...policyFindings(view, captured),
    ...serviceFindings(view),
    ...nameFindings(view),
    ...nodeLocalFindings(nodeLocal),
    ...nodeLocalNameFindings(view),
    ...hostPortFindings(view, nodeLocal === undefined ? [] : [nodeLocal.name]),
    ...nodeFindings(view),
    ...view.unseen,
  ]);
}

// ---------------------------------------------------------------------------------------------------------------------

function render(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing was found that stands in the way.\n';
  return findings
    .map(({ grade, what, where, advice }) => {
      const lines = [what, `where: ${where}`, `do:    ${advice}`];
      return `${grade.toUpperCase().padEnd(8)}${lines.map(printable).join('\n        ')}\n`;
    })
    .join('\n');
}

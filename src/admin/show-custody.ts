// show-custody — the columns of `twindns status` that tell how the twins look after each other.

import type { CustodyStatus, EnabledCustodyStatus, InstanceStatus, TwinStatus } from '../status.ts';

/** DIED, LEFT, STUCK: takeovers by reason. BESIDE: how often the sockets of a stuck twin were read beside it. */
export const custodyHead = [
  'SLOT',
  'TWIN',
  'LAST SEEN',
  'READS',
  'DIED',
  'LEFT',
  'STUCK',
  'BESIDE',
  'REPLAYED',
  'UNPROTECTED',
] as const;

/** A row for one instance. */
export function custodyRow({ slot, version, custody }: InstanceStatus): string[] {
  if (!custody.enabled) return [slot, 'custody is off', '-', 'own', '-', '-', '-', '-', '-', '-'];
  const { twins, takeovers, stolen, replayed, unprotected } = custody;
  return [
    slot,
    twins.map((twin) => twinText(twin, version)).join(' + ') || 'none',
    twins.map(({ beatAgeMs }) => (beatAgeMs === null ? '-' : `${beatAgeMs} ms`)).join(' + ') || '-',
    readsText(custody),
    String(takeovers.died),
    String(takeovers.left),
    String(takeovers.stuck),
    String(stolen),
    String(replayed),
    String(unprotected.queries + unprotected.connections),
  ];
}

/** What is between the two instances, a sentence each. */
export function problemsOf(custody: CustodyStatus): readonly string[] {
  if (!custody.enabled) return [];
  const { channelProblem, problems = [] } = custody; // an instance of a version before tells none
  const texts = problems.map(({ text }) => text);
  return channelProblem === null
    ? texts
    : [`the twin cannot call this instance: ${channelProblem}`, ...texts];
}

/** `own`, or `own + secondary (died)`. */
export function readsText({ reads }: EnabledCustodyStatus): string {
  return reads.map(({ slot, reason }) => (reason === 'own' ? 'own' : `${slot} (${reason})`)).join(' + ');
}

// ---------------------------------------------------------------------------------------------------------------------

/** What is as it should be is not said. */
function twinText({ slot, pid, version, serving, leaving, layoutKnown }: TwinStatus, ours: string): string {
  const remarks = [
    ...(version === ours ? [] : [version]),
    ...(leaving ? ['leaving'] : serving ? [] : ['starting']),
    ...(layoutKnown === false ? ['memory unknown'] : []),
  ];
  return `${slot} ${pid || '?'}${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`;
}

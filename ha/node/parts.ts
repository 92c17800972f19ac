// parts — the interface and the rules of a wanted state, ready to be observed; loaded only where there is something to keep.

import { readFileSync } from 'node:fs';
import { netlinkProtocol } from 'node-reuseport';
import { TwindnsError } from '../../src/errors.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { NodeError, type NodePart } from './node-part.ts';
import { servedAddresses, servedBy, type WantedState } from './wanted-state.ts';

/** Descriptors from another process, by the part they belong to. */
export type Handed = Partial<Record<NodePart['name'], number>>;

export interface Parts {
  readonly wanted: WantedState;
  /** In the order they are made; they are removed the other way round. */
  readonly all: readonly NodePart[];
  /** Without the capability they can be held and handed on. */
  readonly mayChange: boolean;
  /** Calls `changed` when something may be gone, until the returned function is called. */
  readonly watch: (loop: EventLoop, changed: (what: NodePart['name']) => void) => () => void;
}

/**
 * The parts take the descriptors they can use, and none that is something else: reading that might wait for ever. The caller
 * closes the rest.
 *
 * @param as an onlooker sees what other processes hold as if it were its own, and must change nothing; what a passer-by makes
 * has to stay without it
 */
export async function partsOf(
  wanted: WantedState,
  handed: Handed = {},
  as: 'owner' | 'onlooker' | 'passer-by' = 'owner',
): Promise<Parts> {
  const onlooker = as === 'onlooker';
  const all: NodePart[] = [];
  const mayChange = mayChangeNode();
  if (servedBy(wanted).length === 0) return { wanted, all, mayChange, watch: () => () => {} };
  const { watchNode } = await import('./kernel-events.ts');
  if (wanted.interface.type !== 'none') {
    const { isTun, NodeInterface } = await import('./interface/interface.ts');
    const tunFd = handed.interface !== undefined && isTun(handed.interface) ? handed.interface : undefined;
    all.push(new NodeInterface(wanted, { tunFd, onlooker }));
  }
  if (wanted.rules !== 'none') all.push(await rulesOf(wanted, handed.rules, as));
  return { wanted, all, mayChange, watch: (loop, changed) => watchNode(loop, wanted, changed) };
}

/** Those that an instance keeps: where others put the addresses on the node, it looks whether they have. */
export async function instanceParts(wanted: WantedState, handed: Handed = {}): Promise<Parts> {
  const parts = await partsOf(wanted, handed);
  if (wanted.interface.type !== 'none' || parts.all.length === 0) return parts;
  const { RulesOfOthers } = await import('./rules-of-others.ts');
  return { ...parts, all: parts.all.map((rules) => new RulesOfOthers(rules, servedAddresses(wanted))) };
}

/** Descriptors that serve another wanted state, too: those of the same interface, or of the same kind of rules. */
export function reusable({ wanted: before, all }: Parts, wanted: WantedState): Handed {
  const same = {
    interface: JSON.stringify(before.interface) === JSON.stringify(wanted.interface),
    rules: before.rules === wanted.rules,
  };
  const useful = all.filter(({ name, descriptors }) => same[name] && descriptors.length > 0);
  return Object.fromEntries(useful.map(({ name, descriptors }) => [name, descriptors[0]!]));
}

/** At the start, where an operator reads it; later it would be one error among others. @throws TwindnsError NODE_REFUSED */
export function refuseUnprivileged({ all, mayChange }: Parts): void {
  if (mayChange || all.length === 0) return;
  throw new TwindnsError(
    'NODE_REFUSED',
    '--leader sees to the interface and the rules of the node, which takes the capability NET_ADMIN, and this process lacks it. ' +
      'Add it (in a pod: securityContext.capabilities.add: [NET_ADMIN]), or leave out --leader and let `twindns net watch` see to both.',
  );
}

// ---------------------------------------------------------------------------------------------------------------------

async function rulesOf(
  wanted: WantedState,
  handed: number | undefined,
  as: 'owner' | 'onlooker' | 'passer-by',
): Promise<NodePart> {
  const { NETLINK_NETFILTER } = await import('./nftables/numbers.ts');
  const { NftablesRules } = await import('./nftables/nftables.ts');
  const { IptablesRules } = await import('./iptables/iptables.ts');
  const { RulesPart } = await import('./rules-part.ts');
  const onlooker = as === 'onlooker';
  const fd = handed !== undefined && netlinkProtocol(handed) === NETLINK_NETFILTER ? handed : undefined;
  if (wanted.rules === 'nftables')
    return new RulesPart(
      new NftablesRules(wanted, fd, { onlooker }),
      { leftRows: new IptablesRules(wanted) },
      onlooker,
    );
  const own = new IptablesRules(wanted);
  if (as === 'passer-by') return new RulesPart(own);
  try {
    const hostClients = new NftablesRules(wanted, fd, { onlooker, contents: 'hostClients' });
    const otherTable = onlooker ? new NftablesRules(wanted, undefined, { onlooker }) : undefined;
    return new RulesPart(own, { hostClients, otherTable }, onlooker);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return new RulesPart(own, { trouble: error.message }, onlooker);
  }
}

const NET_ADMIN = 1n << 12n;

/** True also where /proc does not tell: then the kernel refuses the first change. */
function mayChangeNode(): boolean {
  try {
    const [, effective] = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return effective === undefined || (BigInt(`0x${effective}`) & NET_ADMIN) !== 0n;
  } catch {
    return true;
  }
}

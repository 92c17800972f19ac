// parts — the interface and the rules of a holding, ready to be looked at; loaded only where there is something to see to.

import { readFileSync } from 'node:fs';
import { TwindnsError } from '../../src/errors.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import type { NodePart } from './node-part.ts';
import type { Holding } from './wanted-state.ts';

/** Descriptors another process has handed over, by the part they belong to. */
export type Handed = Partial<Record<NodePart['name'], number>>;

export interface Parts {
  readonly holding: Holding;
  /** In the order they are made; they are removed the other way round. */
  readonly all: readonly NodePart[];
  /** Without the privilege they can be held and handed on. */
  readonly mayChange: boolean;
  /** Hears from the kernel of what may be gone, until the function returned is called. */
  readonly watch: (loop: EventLoop, changed: (what: NodePart['name']) => void) => () => void;
}

/**
 * The parts take the descriptors; one that is no use to any of them is closed by nobody but the caller.
 *
 * @param onlooker shows what other processes hold as if it were ours; must change nothing
 */
export async function partsOf(holding: Holding, handed: Handed = {}, onlooker = false): Promise<Parts> {
  const all: NodePart[] = [];
  const mayChange = mayChangeNode();
  if (holding.addresses.length === 0) return { holding, all, mayChange, watch: () => () => {} };
  const { watchNode } = await import('./kernel-events.ts');
  if (holding.interface.type !== 'none') {
    const { NodeInterface } = await import('./interface/interface.ts');
    const given = handed.interface === undefined ? {} : { tunFd: handed.interface };
    all.push(new NodeInterface(holding, { ...given, onlooker }));
  }
  if (holding.rules === 'iptables') {
    const { IptablesRules } = await import('./iptables/iptables.ts');
    all.push(new IptablesRules(holding));
  } else if (holding.rules === 'nftables') {
    const { NftablesRules } = await import('./nftables/nftables.ts');
    all.push(new NftablesRules(holding, handed.rules, { onlooker }));
  }
  return { holding, all, mayChange, watch: (loop, changed) => watchNode(loop, holding, changed) };
}

/** Descriptors that do for other wishes, too: those of the same interface, or of the same kind of rules. */
export function reusable({ holding, all }: Parts, wanted: Holding): Handed {
  const same = {
    interface: JSON.stringify(holding.interface) === JSON.stringify(wanted.interface),
    rules: holding.rules === wanted.rules,
  };
  const useful = all.filter(({ name, descriptors }) => same[name] && descriptors.length > 0);
  return Object.fromEntries(useful.map(({ name, descriptors }) => [name, descriptors[0]!]));
}

/** At the start: later it would be one error among others, with nobody there to read it. @throws TwindnsError NODE_REFUSED */
export function refuseUnprivileged({ all, mayChange }: Parts): void {
  if (mayChange || all.length === 0) return;
  throw new TwindnsError(
    'NODE_REFUSED',
    '--leader sees to the interface and the rules of the node, which takes the capability NET_ADMIN, and this process lacks it. ' +
      'Add it (in a pod: securityContext.capabilities.add: [NET_ADMIN]), or leave out --leader and let `twindns net watch` see to both.',
  );
}

// ---------------------------------------------------------------------------------------------------------------------

const NET_ADMIN = 1n << 12n;

/** Where it cannot be told, the kernel's answer to the first change will tell. */
function mayChangeNode(): boolean {
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(ownStatus())?.[1];
  return capabilities === undefined || (BigInt(`0x${capabilities}`) & NET_ADMIN) !== 0n;
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

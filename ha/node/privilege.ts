// privilege — whether this process may change interfaces and rules at all.

import { readFileSync } from 'node:fs';
import { TwindnsError } from '../../src/errors.ts';
import type { Parts } from './parts.ts';

/** Where it cannot be told, the kernel's answer to the first change will tell. */
export function mayChangeNode(): boolean {
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(ownStatus())?.[1];
  return capabilities === undefined || (BigInt(`0x${capabilities}`) & NET_ADMIN) !== 0n;
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

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

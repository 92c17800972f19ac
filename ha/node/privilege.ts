// privilege — whether this process may change interfaces and rules at all.

import { readFileSync } from 'node:fs';

/** Where it cannot be told, the kernel's answer to the first change will tell. */
export function mayChangeNode(): boolean {
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(ownStatus())?.[1];
  return capabilities === undefined || (BigInt(`0x${capabilities}`) & NET_ADMIN) !== 0n;
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

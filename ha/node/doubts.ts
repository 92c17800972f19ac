// doubts — combinations of options that do what they say and may not do what was meant: the leader tells of them.

import type { Holding } from './wanted-state.ts';

/** A sentence for each. */
export function doubtsOf({ interface: { type }, rules, keep, addresses }: Holding): string[] {
  if (addresses.length === 0) return [];
  const doubts: string[] = [];
  if (type === 'tun' && rules === 'iptables')
    doubts.push(
      '--interface-type tun goes when both instances die and --rules iptables stay, which leaves pods without any answer; use --rules nftables with it',
    );
  const fleeting = [
    ...(type === 'tun' ? ['--interface-type tun'] : []),
    ...(rules === 'nftables' ? ['--rules nftables'] : []),
  ];
  if (keep && fleeting.length > 0)
    doubts.push(
      `--keep-interface cannot keep ${fleeting.join(' and ')}: the kernel removes that with the last instance`,
    );
  return doubts;
}

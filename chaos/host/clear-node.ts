// clear-node — so that the next scenario finds the node as the first one did.

import { onNode } from './on-node.ts';

/** Takes every rule and chain of iptables off the node, and an address off its loopback, as far as they are there. */
export async function clearNode(address: string, lock: string): Promise<void> {
  const nothing = ['raw', 'mangle', 'nat', 'filter'].map((table) => `*${table}\nCOMMIT\n`).join('');
  for (const variant of ['nft', 'legacy'] as const)
    await onNode('env', [`XTABLES_LOCKFILE=${lock}`, `iptables-${variant}-restore`], nothing).catch(() => {});
  await onNode('ip', ['address', 'delete', address, 'dev', 'lo']).catch(() => {});
}

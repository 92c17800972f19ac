// clean — removes what twindns or NodeLocal DNSCache left on a node, for uninstalling.
//
// Our tun interfaces and nftables tables need none of this: the kernel removes them with the last process that holds them.

import { TwindnsError } from '../../src/errors.ts';
import { LOCK_PATIENCE } from '../timing.ts';
import { NodeInterface } from './interface/interface.ts';
import { cleanIptables } from './iptables/iptables.ts';
import { NftablesRules } from './nftables/nftables.ts';
import { type Contents, tableNames } from './nftables/table.ts';
import { NodeError } from './node-part.ts';
import { retry } from './retry.ts';
import type { WantedState } from './wanted-state.ts';

/**
 * What is not ours to remove is told, and why. While rules are left the interface is, too: they would send queries nowhere.
 *
 * @param name of the interface
 * @throws TwindnsError NODE_REFUSED with everything that was left
 */
export async function clean(name: string, print: (text: string) => void): Promise<void> {
  const wanted: WantedState = {
    interface: { name, type: 'dummy' },
    rules: 'none',
    addresses: [],
    port: 53,
    healthPorts: [],
    keep: false,
  };
  const dummy = new NodeInterface(wanted);
  const left: string[] = [];
  let count = 0;
  const attempt = async (task: () => Promise<readonly string[]>): Promise<void> => {
    try {
      const removed = await task();
      count += removed.length;
      print(removed.map((line) => `- ${line}\n`).join(''));
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      left.push(error.message);
    }
  };
  await attempt(() => retry(LOCK_PATIENCE, cleanIptables));
  if (left.length === 0) await attempt(() => dummy.remove());
  left.push(...(await dummy.remaining()), ...(await heldTables(wanted)));
  if (left.length > 0) throw new TwindnsError('NODE_REFUSED', left.join('\n'));
  if (count === 0) print('nothing to remove\n');
}

// ---------------------------------------------------------------------------------------------------------------------

/** Sentences; none where the kernel has no such tables, or tells us of none. */
async function heldTables(wanted: WantedState): Promise<readonly string[]> {
  const held: string[] = [];
  for (const contents of Object.keys(tableNames) as Contents[]) {
    try {
      const table = new NftablesRules(wanted, undefined, { contents });
      held.push(...(await table.remaining()));
      table.release();
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
  }
  return held;
}

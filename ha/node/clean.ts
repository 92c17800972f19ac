// clean — removes what twindns or NodeLocal DNSCache left on a node, for uninstalling.
//
// Our tun interfaces and nftables tables need none of this: the kernel removes them with the last process that holds them.

import { TwindnsError } from '../../src/errors.ts';
import { NodeInterface } from './interface/interface.ts';
import { cleanIptables } from './iptables/iptables.ts';
import { NodeError } from './node-part.ts';

/** @param name of the interface  @throws TwindnsError NODE_REFUSED with everything that could not be removed */
export async function clean(name: string, print: (text: string) => void): Promise<void> {
  const dummy = new NodeInterface({ interface: { name, type: 'dummy' }, addresses: [] });
  const refusals: NodeError[] = [];
  let count = 0;
  // The rules first: without the interface they would send queries nowhere.
  for (const remove of [cleanIptables, () => dummy.remove()]) {
    try {
      const removed = await remove();
      count += removed.length;
      for (const line of removed) print(`- ${line}\n`);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      refusals.push(error);
    }
  }
  if (refusals.length > 0)
    throw new TwindnsError('NODE_REFUSED', refusals.map(({ message }) => message).join('\n'));
  if (count === 0) print('nothing to remove\n');
}

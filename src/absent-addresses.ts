// absent-addresses — which addresses this machine does not have: sockets are bound to them all the same, and nothing comes.

import { bindUdp, close } from 'node-reuseport';
import { errnoOf } from './errors.ts';
import type { Log } from './log/log.ts';

/** Milliseconds in which a leader that starts together with this instance has made the interface. */
const DUE = 5000;

/** Asked of the kernel by a socket on a port of its choice, so an address on an interface that is DOWN is there. */
export function absentAddresses(addresses: readonly string[]): string[] {
  return addresses.filter((address) => {
    try {
      close(bindUdp({ address, port: 0, freeBind: false, reusePort: false }));
      return false;
    } catch (error) {
      return errnoOf(error) === 'EADDRNOTAVAIL';
    }
  });
}

/** Says once which of the served addresses are not there after a while. @param served asked for then */
export function warnOfAbsent(served: () => readonly string[], log: Pick<Log, 'warn'>, due = DUE): void {
  setTimeout(() => {
    const addresses = absentAddresses(served());
    if (addresses.length > 0)
      log.warn(
        'this machine does not have these addresses, so no query comes to them: a process with --leader puts them on an interface, others may with `ip address add`',
        { addresses },
      );
  }, due).unref();
}

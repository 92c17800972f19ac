// passed-connections — connections a leaver leaves to its twin that cannot go on with the rest: nothing is open on them.

import { close, written } from 'node-reuseport';
import type { SharedConnections } from '../../src/handover/handover.ts';

/** Goes on with them; they are closed when this instance cannot. */
export function adoptPassed(
  descriptors: readonly number[],
  connections: Pick<SharedConnections, 'adopt'> | undefined,
): void {
  for (const fd of descriptors) {
    const bytes = written(fd);
    if (connections === undefined || bytes < 0) close(fd);
    else connections.adopt(fd, { written: bytes, backlog: undefined });
  }
}

// kernel-memory — what the kernel holds for connections of clients, which counts as ours in a container: bytes that they have sent
// and we have not taken, and bytes that we have sent and they have not. It is looked at now and then, and has a bound.

import { bufferedMemory } from 'node-reuseport';
import type { Bound } from '../budget.ts';

/** Bytes written since the last look that make another one due. */
const LOOK_AFTER = 8 << 20;
/** When there is too much, so much is left, as a part of the bound. */
const LEFT = 3 / 4;

interface Buffered {
  readonly fd: number;
}

export class KernelMemory {
  readonly #bound: Bound;
  #written = 0;

  constructor(bound: Bound) {
    this.#bound = bound;
  }

  /** Whether it should be looked at, since that much more was written. */
  isDue(written: number): boolean {
    this.#written += written;
    return this.#written > LOOK_AFTER;
  }

  /** The connections that have to end, those for which most is held first. */
  excess<Connection extends Buffered>(connections: Iterable<Connection>): Connection[] {
    const bound = this.#bound;
    const all = Array.from(connections, (connection) => ({
      connection,
      bytes: Math.max(0, bufferedMemory(connection.fd)),
    }));
    bound.held = all.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#written = 0;
    if (bound.held <= bound.most) return [];
    const ending: Connection[] = [];
    for (const { connection, bytes } of all.sort((one, other) => other.bytes - one.bytes)) {
      if (bound.held <= bound.most * LEFT) break;
      bound.held -= bytes;
      bound.refuse();
      ending.push(connection);
    }
    return ending;
  }
}

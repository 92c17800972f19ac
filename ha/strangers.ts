// strangers — processes of the service that speak another protocol: nothing is handed over that would be understood wrongly.

import type { Log } from '../src/log/log.ts';
import { type Message, PROTOCOL_VERSION } from './protocol.ts';

export class Strangers {
  readonly #log: Log;
  readonly #known = new Set<number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Tells of one, once: it calls each second. */
  told({ pid, protocol, slot, version }: Message): void {
    if (this.#known.has(pid)) return;
    this.#known.add(pid);
    this.#log.warn('the twin speaks another protocol: each looks after its own sockets', {
      twin: slot,
      pid,
      version,
      protocol,
      ours: PROTOCOL_VERSION,
    });
  }
}

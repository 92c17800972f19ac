// servers — the records of all servers, one for each server and transport: forwards that ask one in several manners share it.

import type { Transport } from './exchange.ts';
import { ServerRecord } from './server-record.ts';

/** A server to which nothing was sent for so long is tried, milliseconds … */
export const IDLE = 30_000;
/** … and one to which nothing ever was, after so long. */
const FIRST_TRY = 5000;

export class Servers {
  readonly #records = new Map<string, ServerRecord>();
  readonly #now: () => number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  of(endpoint: string, transport: Transport): ServerRecord {
    const key = `${endpoint}/${transport}`;
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const now = this.#now();
    const record = new ServerRecord(endpoint, transport, now, now - IDLE + FIRST_TRY);
    this.#records.set(key, record);
    return record;
  }

  /** Forgets the others: no forward asks them any more. */
  keep(records: Iterable<ServerRecord>): void {
    const kept = new Set(records);
    for (const [key, record] of this.#records) if (!kept.has(record)) this.#records.delete(key);
  }
}

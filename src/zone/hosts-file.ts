// hosts-file — a file of hosts that is read when it is first asked for, and again when it has changed.
//
// There is no timer: the file is looked at when it is asked for and was not looked at for so long. All that ask meanwhile wait for
// that one look; where the file was read before, no longer than a moment: what it said holds until it is read again.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { emptyTable, type HostsRules, type HostsTable, readHosts, readInto } from './hosts-text.ts';

/** Bytes: a list of 500,000 names. A longer file is not read. */
export const LONGEST_FILE: number = 16 << 20;

/** A pipe that no program writes to is no reason to wait. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Milliseconds for which a question waits for the file where there is something to go by; else it waits as long as it lives. */
const PATIENCE = 200;

export class HostsFile {
  readonly path: string;
  readonly #rules: HostsRules;
  readonly #interval: number;
  readonly #now: () => number;
  #table: HostsTable | undefined;
  #seen = '';
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  /** @param interval milliseconds between two looks at it; 0: it is looked at once */
  constructor(path: string, rules: HostsRules, interval: number, now: () => number) {
    this.path = path;
    this.#rules = rules;
    this.#interval = interval;
    this.#now = now;
  }

  /** What it says, or said when it could last be read; nothing where it never could. */
  async table(): Promise<HostsTable> {
    if (this.#isDue()) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      if (this.#table === undefined) await this.#looking;
      else await this.#orPatience(this.#looking);
      // A look that takes longer is not waited for by each question.
      if (this.#looking !== undefined) this.#looked = this.#now();
    }
    return this.#table ?? emptyTable();
  }

  /** As `table`, at once: for programs that serve no one. */
  tableNow(): HostsTable {
    if (this.#table === undefined) {
      try {
        this.#table = readHosts(readWhole(this.path), this.#rules);
      } catch {
        return emptyTable();
      }
    }
    return this.#table;
  }

  async #orPatience(looking: Promise<void>): Promise<void> {
    const patience = new AbortController();
    await Promise.race([looking, delay(PATIENCE, undefined, { signal: patience.signal, ref: false })]);
    patience.abort();
  }

  #isDue(): boolean {
    const since = this.#now() - this.#looked;
    return this.#interval > 0 ? since >= this.#interval : since === Number.POSITIVE_INFINITY;
  }

  /** Never throws: a file that cannot be read is as it was. */
  async #look(): Promise<void> {
    try {
      const file = await open(this.path, READ);
      try {
        const stat = await file.stat({ bigint: true });
        const seen = `${stat.dev} ${stat.ino} ${stat.mtimeNs} ${stat.size}`;
        if (seen === this.#seen || !stat.isFile() || stat.size > LONGEST_FILE) return;
        const bytes = Buffer.alloc(Number(stat.size));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
        const table = emptyTable();
        for (const _ of readInto(table, bytes.toString('utf8', 0, bytesRead), this.#rules)) await nextTurn();
        this.#table = table;
        this.#seen = seen;
      } finally {
        await file.close();
      }
    } catch {
      // It is not there, or not to be read: that is seen when it is next looked at.
    } finally {
      this.#looked = this.#now();
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** @throws Error when it cannot be read */
function readWhole(path: string): string {
  const fd = openSync(path, READ);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > LONGEST_FILE) return '';
    const bytes = Buffer.alloc(stat.size);
    return bytes.toString('utf8', 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

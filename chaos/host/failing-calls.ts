// failing-calls — system calls of a process that fail from an instant on, as told through a file that it has mapped.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../stage/checkout.ts';

/** In the order of test/lab/fault/fault.c. */
export const calls = [
  'recvmmsg',
  'sendmmsg',
  'recvmsg',
  'sendmsg',
  'recv',
  'read',
  'write',
  'accept4',
  'socket',
  'bind',
  'listen',
  'connect',
  'setsockopt',
  'getsockopt',
  'getsockname',
  'getpeername',
  'epoll_ctl',
  'epoll_create1',
  'fcntl',
  'mmap',
  'memfd_create',
  'ftruncate',
  'shutdown',
] as const;
export type Call = (typeof calls)[number];

/** What a call is about. An upstream is a UDP socket that is connected. */
const kinds = {
  udp: 1,
  upstream: 2,
  listener: 4,
  tcp: 8,
  rendezvous: 16,
  channel: 32,
  memory: 64,
  netlink: 128,
  other: 256,
} as const;
export type Kind = keyof typeof kinds;

export interface Fault {
  readonly call: Call;
  readonly errno: keyof typeof constants.errno;
  /** Undefined: any. */
  readonly kind?: Kind;
  /** Of either end of a socket, negative: of ours; undefined: any. */
  readonly port?: number;
  /** How often it fails; undefined: each time. */
  readonly times?: number;
  /** How many calls go well first. */
  readonly after?: number;
}

/** As in fault.c. */
const RULES = 8;
const WORDS = 16;
const MADE = 8;

export class FailingCalls {
  /** For the process whose calls are to fail. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string | undefined;
  readonly #fd: number;

  /** Those of a process that is started with their environment. */
  static build(): FailingCalls {
    const folder = mkdtempSync(join(tmpdir(), 'twindns-faults-'));
    const library = join(folder, 'faults.so');
    const file = join(folder, 'rules');
    const source = `${checkout}test/lab/fault/fault.c`;
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
    writeFileSync(file, Buffer.alloc(4096));
    return new FailingCalls({ LD_PRELOAD: library, FAULTS: file }, folder);
  }

  /** Those of this process, which was started so. */
  static own(): FailingCalls {
    const { LD_PRELOAD = '', FAULTS = '' } = process.env;
    return new FailingCalls({ LD_PRELOAD, FAULTS }, undefined);
  }

  private constructor(environment: { LD_PRELOAD: string; FAULTS: string }, folder: string | undefined) {
    this.environment = environment;
    this.#folder = folder;
    this.#fd = openSync(environment.FAULTS, 'r+');
  }

  /** From now on these calls fail; those that failed before go well again. */
  set(...faults: readonly Fault[]): void {
    const words = new Int32Array(RULES * WORDS);
    if (faults.length > RULES) throw new RangeError(`${faults.length} faults, and room for ${RULES}`);
    for (const [i, { call, errno, kind, port = 0, times = -1, after = 0 }] of faults.entries()) {
      const kindBit = kind === undefined ? 0 : kinds[kind];
      words.set([calls.indexOf(call) + 1, constants.errno[errno], kindBit, port, times, 0, after], i * WORDS);
    }
    writeSync(this.#fd, words, 0, words.byteLength, 0);
  }

  /** All go well from now on; returns how often calls have failed since they were set. */
  clear(): number {
    const { made } = this;
    this.set();
    return made;
  }

  /** How often calls have failed since they were set. */
  get made(): number {
    const words = new Int32Array(RULES * WORDS);
    readSync(this.#fd, words, 0, words.byteLength, 0);
    return words.filter((_, i) => i % WORDS === MADE).reduce((a, b) => a + b, 0);
  }

  /** The process may go on; nothing fails any more. */
  close(): void {
    this.clear();
    closeSync(this.#fd);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
  }
}

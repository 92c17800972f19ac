// reuseport — node-reuseport as a simulated process has it.

import { ADDRESS_BYTES } from '../kernel/address.ts';
import { type Errno, errnos, KernelError } from '../kernel/errno.ts';
import { SharedMemory } from '../kernel/memory.ts';
import { type Report, WatchSet } from '../kernel/poller.ts';
import { arenaClass, arenaNumbers } from './arena.ts';
import { FENCE_PLACES, fenceClass } from './fence.ts';
import { DESCRIPTORS, type Process } from './process.ts';
import { socketCalls } from './sockets.ts';
import { streamCalls } from './streams.ts';

const numbers = {
  ...arenaNumbers,
  ADDRESS_BYTES,
  UNTOLD: 0x40000000,
  FENCE_PLACES,
  READABLE: 1,
  WRITABLE: 4,
  ERROR: 8,
  HANGUP: 16,
  READ_HANGUP: 0x2000,
  EAGAIN: 11,
  EPIPE: 32,
  EMSGSIZE: 90,
  EMFILE: 24,
  ENFILE: 23,
  ECONNRESET: 104,
  ECONNREFUSED: 111,
  ESTALE: 116,
} as const;

/** Calls that tell of a failure by a number; the others throw. */
const tellsByNumber: ReadonlySet<string> = new Set([
  'leaveGroup',
  'setReceiveBuffer',
  'setSendBuffer',
  'queueDrops',
  'bufferedMemory',
  'read',
  'peek',
  'discard',
  'wakeAt',
  'setDelayedAck',
  'written',
  'peerOf',
  'write',
  'accept',
  'shutdown',
  'reset',
  'pendingError',
  'sendMessage',
  'receiveMessage',
  'queueHead',
  'netlinkProtocol',
  'lockFile',
]);

type Call = (...args: never[]) => unknown;

/** What is imported from node-reuseport. @param isExact see `fenceClass` */
export function reuseportOf(process: Process, isExact: boolean): Readonly<Record<string, unknown>> {
  const streams = streamCalls(process);
  const calls: Record<string, Call> = {
    ...socketCalls(process),
    ...streams,
    ...memoryCalls(process),
    monotonicMs: () => process.machine.now,
    descriptorLimit: () => DESCRIPTORS,
    keepCapabilities: () => 0,
    leaveNoCore: () => 0,
    lockFile(fd: number): number {
      const file = process.file(fd);
      if (file === undefined) return -errnos.EBADF;
      return process.machine.files.lock(file.inode, file) ? 0 : -errnos.EAGAIN;
    },
  };
  const made = Object.entries(calls).map(([name, call]) => [name, entered(process, name, call)] as const);
  return {
    ...Object.fromEntries(made),
    ...numbers,
    Arena: arenaClass(process),
    Fence: fenceClass(process, streams, isExact),
    Poller: pollerClass(process),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** As a process makes the call: it may be suspended or end before, and be told that it failed. */
function entered(process: Process, name: string, call: Call): Call {
  const fails = (failed: Errno) => {
    if (tellsByNumber.has(name)) return -errnos[failed];
    throw new KernelError(failed, name);
  };
  return (...args) => {
    process.enter(name);
    const failed = process.failure(name);
    return failed === undefined ? call(...args) : fails(failed);
  };
}

function memoryCalls(process: Process) {
  return {
    allocate: (size: number) => new Uint8Array(size),
    mapMemory(fd: number): Uint8Array {
      const file = process.file(fd);
      if (file instanceof SharedMemory) return new Uint8Array(file.buffer);
      throw new KernelError(file === undefined ? 'EBADF' : 'EINVAL', 'fcntl');
    },
  };
}

function pollerClass(process: Process) {
  return class Poller {
    readonly events = new Int32Array(512);
    readonly #set = new WatchSet();
    readonly #onReady: (count: number) => void;

    constructor(onReady: (count: number) => void) {
      this.#onReady = onReady;
      process.enter('epoll_create1');
      process.loop.pollers.push({ set: this.#set, tell: (report) => this.#tell(report) });
    }

    add(fd: number, flags: number, tag: number): void {
      this.#enter('epoll_ctl add');
      this.#set.add(fd, this.#file(fd), flags, tag);
    }

    addBusy(fd: number, tag: number): void {
      this.#enter('epoll_ctl add');
      const file = this.#file(fd);
      if (this.#set.isBusy(fd)) throw new KernelError('EEXIST', 'uv_poll_init');
      const duplicate = process.open(file, 'fcntl');
      this.#set.addBusy(fd, file, tag, () => process.close(duplicate));
    }

    modify(fd: number, flags: number): void {
      process.enter('epoll_ctl modify');
      this.#set.modify(fd, this.#file(fd), flags);
    }

    remove(fd: number): void {
      process.enter('epoll_ctl remove');
      this.#set.remove(fd, process.file(fd));
    }

    close(): void {
      process.enter('close of epoll');
      this.#set.close();
      const { pollers } = process.loop;
      pollers.splice(0, pollers.length, ...pollers.filter(({ set }) => set !== this.#set));
    }

    // -----------------------------------------------------------------------------------------------------------------

    #enter(call: string): void {
      process.enter(call);
      const failed = process.failure(call);
      if (failed !== undefined) throw new KernelError(failed, 'epoll_ctl');
    }

    #file(fd: number) {
      const file = process.file(fd);
      if (file === undefined) throw new KernelError('EBADF', 'epoll_ctl');
      return file;
    }

    #tell(report: Report): void {
      report.forEach(([tag, flags], i) => {
        this.events[2 * i] = tag;
        this.events[2 * i + 1] = flags;
      });
      this.#onReady(report.length);
    }
  };
}

// machine — the simulated machine: its clock, its network, its files, and what happens at which time.

import type { Chance } from '../chance.ts';
import type { Address } from './address.ts';
import type { ChannelListener } from './channel.ts';
import { Files } from './files.ts';
import { TcpPorts } from './tcp.ts';
import { type Datagram, UdpPorts, type UdpSocket } from './udp.ts';

/** Milliseconds of the monotonic clock when a schedule begins. */
const BEGIN = 100_000;
/** Milliseconds since 1970 at that time. */
const EPOCH = 1_700_000_000_000;

/** A process as far as the machine has to do with it. */
export interface Runner {
  readonly pid: number;
  readonly name: string;
  end(status?: number): void;
}

/** Decides what happens in a call, and is told what has. */
export interface Director {
  /** A process is about to make a call: whatever happens to whichever process now, happens now. */
  called(process: Runner, call: string): void;
  /** A process has ended by itself; its descriptors are open still. */
  exited(process: Runner, status: number): void;
  tell(process: Runner | undefined, what: string): void;
  received(process: Runner, socket: UdpSocket, datagrams: readonly Datagram[]): void;
  dropped(socket: UdpSocket, datagrams: readonly Datagram[]): void;
  /** A datagram is sent to an address that is none of the machine. @param from that it was sent from */
  left(process: Runner, from: Address, to: Address, bytes: Uint8Array): void;
  /** A socket takes no more. */
  retired(process: Runner, socket: UdpSocket): void;
}

interface Event {
  readonly at: number;
  readonly task: () => void;
}

export class Machine {
  readonly chance: Chance;
  /** Milliseconds. */
  now = BEGIN;
  readonly udp: UdpPorts;
  readonly tcp = new TcpPorts();
  /** Abstract names of unix sockets. */
  readonly names = new Map<string, ChannelListener>();
  readonly files = new Files();
  /** Whose code is running, or was last. */
  actor: Runner | undefined;
  /** It is looked at from outside: no time passes, and nothing happens. */
  isLookedAt = false;
  readonly #director: Director;
  #pids = 100;
  #inodes = 1000;
  #events: Event[] = [];
  /** Of all that has happened. */
  #digest = 0x811c9dc5;

  constructor(chance: Chance, director: Director) {
    this.chance = chance;
    this.#director = director;
    this.udp = new UdpPorts({ dropped: (socket, datagrams) => director.dropped(socket, datagrams) });
  }

  get director(): Director {
    return this.#director;
  }

  get digest(): number {
    return this.#digest >>> 0;
  }

  /** Milliseconds since 1970. */
  get wall(): number {
    return EPOCH + this.now;
  }

  nextPid(): number {
    return ++this.#pids;
  }

  nextInode(): number {
    return ++this.#inodes;
  }

  called(process: Runner, call: string): void {
    this.trace(process.pid, call.length, call.charCodeAt(0), Math.round(this.now * 1000));
    this.#director.called(process, call);
  }

  exits(process: Runner, status: number): void {
    process.end(status);
    this.#director.exited(process, status);
  }

  tell(process: Runner | undefined, what: string): void {
    this.#director.tell(process, what);
  }

  trace(...numbers: readonly number[]): void {
    for (const number of numbers) this.#digest = Math.imul(this.#digest ^ (number | 0), 0x01000193);
  }

  /** Runs `task` from outside of any process in `ms` milliseconds. */
  after(ms: number, task: () => void): void {
    const event = { at: this.now + ms, task };
    const behind = this.#events.findIndex(({ at }) => at > event.at);
    if (behind < 0) this.#events.push(event);
    else this.#events.splice(behind, 0, event);
  }

  get nextEventAt(): number {
    return this.#events[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Does what is due, one thing; false when there is none. */
  doNext(): boolean {
    if (this.nextEventAt > this.now) return false;
    this.#events.shift()!.task();
    return true;
  }

  /** Looks at something of a process without letting time pass. */
  look<Found>(task: () => Found): Found {
    const before = this.isLookedAt;
    this.isLookedAt = true;
    try {
      return task();
    } finally {
      this.isLookedAt = before;
    }
  }
}

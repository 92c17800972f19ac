// pair — the instances of a schedule as they are seen from outside: which live, which know each other, whether all is well.

import { type Slot, slots } from '../../src/config.ts';
import { type Options, readOptions } from '../../src/options/options.ts';
import type { Image } from './image.ts';
import type { Machine } from './kernel/machine.ts';
import type { TcpListener } from './kernel/tcp.ts';
import type { UdpSocket } from './kernel/udp.ts';
import { Process } from './process/process.ts';
import { type Instance, start } from './process/surroundings.ts';
import { SERVER, SERVICE } from './world/network.ts';

/** Less than can be asked for: memory is made for each process of each schedule. */
const CACHE_BYTES = 256 * 1024;
/** A schedule has no more processes. */
const MOST_PROCESSES = 10;

const optionsOf = { primary: told('primary'), secondary: told('secondary') } as const;

export class Pair {
  readonly instances: Instance[] = [];
  readonly #machine: Machine;
  readonly #image: Image;
  readonly #seed: number;

  constructor(machine: Machine, image: Image, seed: number) {
    this.#machine = machine;
    this.#image = image;
    this.#seed = seed;
  }

  /** Starts a process of a slot, unless there have been too many. */
  start(slot: Slot): void {
    if (this.instances.length >= MOST_PROCESSES) return;
    const process = new Process(this.#machine, `${slot} ${this.instances.length + 1}`);
    this.instances.push(start(this.#image, process, slot, optionsOf[slot], this.#seed));
    this.#machine.tell(process, `starts, pid ${process.pid}`);
    process.start();
  }

  get processes(): Process[] {
    return this.instances.map(({ process }) => process);
  }

  get living(): Instance[] {
    return this.instances.filter(({ process }) => process.isAlive);
  }

  of(process: Process): Instance {
    return this.instances.find((one) => one.process === process)!;
  }

  /** Whether a client may count on an answer. */
  get isServed(): boolean {
    return this.living.some(({ source, isToldToStop }) => source !== undefined && !isToldToStop);
  }

  /** The living one that holds what is this one's. */
  heirOf(process: Process): Process | undefined {
    return this.living.find((one) => one.process !== process && this.#knows(one, process))?.process;
  }

  /** What it says of its twin. */
  statusOf({ twin }: Instance) {
    return twin && this.#machine.look(() => twin.status());
  }

  /** Whether it has met all that live. */
  knowsAll(one: Instance): boolean {
    return this.living.every((other) => other === one || this.#knows(one, other.process));
  }

  /** Why it is not as two instances are when nothing happens; undefined: it is. */
  get trouble(): string | undefined {
    const living = this.living.filter(({ process }) => process.fate === 'running');
    for (const slot of slots) {
      const some = living.filter((one) => one.slot === slot && one.source !== undefined);
      if (some.length !== 1) return `${some.length} instances serve the slot ${slot}`;
    }
    const serving = living.filter(({ source }) => source !== undefined);
    for (const one of serving) {
      const other = serving.find((another) => another !== one)!;
      const status = this.statusOf(one);
      if (!status?.enabled) return `${one.process.name} has no custody`;
      const [twin] = status.twins;
      if (twin?.pid !== other.process.pid || !twin.serving)
        return `${one.process.name} does not know ${other.process.name}`;
      if (status.untoldConnections > 0)
        return `${one.process.name} has connections that its twin was not told of`;
      const unfit = this.#machine.look(() => one.source!.unfit());
      if (unfit !== undefined) return `${one.process.name}: ${unfit.reason}`;
    }
    return this.unreadSocket;
  }

  /** A socket that clients' queries come to, and no living process reads. */
  get unreadSocket(): string | undefined {
    const { udp, tcp } = this.#machine;
    const unread = [...udp.groupAt(SERVICE), ...tcp.groupAt(SERVICE)].find(
      (file) => !this.living.some(({ process }) => process.loop.pollers.some(({ set }) => set.reads(file))),
    );
    return unread && `no process reads the ${unread.kind} socket ${unread.inode}`;
  }

  /** The living instance whose own socket it is. */
  ownerOf(file: UdpSocket | TcpListener): Instance | undefined {
    return this.living.find(({ process, source }) =>
      source?.sockets.some(({ udp, tcp }) => process.file(udp) === file || process.file(tcp) === file),
    );
  }

  // -------------------------------------------------------------------------------------------------------------------

  #knows(one: Instance, other: Process): boolean {
    const status = this.statusOf(one);
    if (!status?.enabled) return false;
    const isTwin = status.twins.some(
      ({ pid, serving, leaving }) => pid === other.pid && (serving || leaving),
    );
    return isTwin || status.reads.some(({ pid }) => pid === other.pid && pid !== one.process.pid);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** What an instance is told on its command line. */
function told(slot: Slot): Options {
  const read = readOptions(
    {
      slot,
      listen: SERVICE.address,
      port: String(SERVICE.port),
      upstream: `${SERVER.address}:${SERVER.port}`,
      'channel-directory': '/run/twindns',
      'drain-timeout': '100ms',
      'wait-for-twin': '3s',
      'log-format': 'text',
    },
    {},
  );
  return { ...read, 'cache-bytes': CACHE_BYTES };
}

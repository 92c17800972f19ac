// twin-channel — the channel between twins in foreign hands: found among the sockets of the machine, and spoken on byte by byte,
// since what attacks the pair must not share its mistakes.

import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { close, connectChannel, receiveMessage, sendMessage } from 'node-reuseport';

export interface TwinMessage {
  readonly type: string;
  readonly protocol: number;
  readonly [field: string]: unknown;
}

/** Where twins meet that run as root. */
const DIRECTORY = '/run/twindns';
const LISTENS = '00010000';
const SEQPACKET = '0005';
const MOST = 253;

/** Where processes of a slot can be dialled, in this network namespace: abstract names, and paths. */
export function channelsOf(): readonly string[] {
  const names = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENS && fields[4] === SEQPACKET && /channel/.test(fields[7] ?? ''))
    .map((fields) => fields[7]!);
  const network = statSync('/proc/self/ns/net').ino;
  const files = existsSync(DIRECTORY) ? readdirSync(DIRECTORY) : [];
  const ofNetwork = files
    .filter((file) => file.startsWith(`${network}-`))
    .map((file) => `${DIRECTORY}/${file}`);
  const paths = ofNetwork.filter((path) => lstatSync(path).isSocket()); // links lead to the same
  return [...names, ...paths];
}

export class TwinChannel {
  readonly #fd: number;
  readonly slot: 'primary' | 'secondary';
  readonly #instance: string;
  /** Said by the process at the other end of any of them. */
  static #protocol = 0;

  /** Dials as the twin of the process that listens there; undefined when none takes the call. */
  static dial(name: string, instance: string): TwinChannel | undefined {
    try {
      const fd = connectChannel(name.startsWith('@') ? name.slice(1) : name);
      return new TwinChannel(fd, name.includes('primary') ? 'secondary' : 'primary', instance);
    } catch {
      return undefined;
    }
  }

  private constructor(fd: number, slot: 'primary' | 'secondary', instance: string) {
    this.#fd = fd;
    this.slot = slot;
    this.#instance = instance;
  }

  /** As a process that ends does. */
  close(): void {
    close(this.#fd);
  }

  /** Says a message; false when it cannot be said now. */
  say(type: string, further: Readonly<Record<string, unknown>> = {}, fds: readonly number[] = []): boolean {
    const said = {
      ...{ type, protocol: TwinChannel.#protocol, slot: this.slot, pid: process.pid },
      ...{ instance: this.#instance, version: '0', own: [], yours: [] },
      ...further,
    };
    const bytes = Buffer.from(JSON.stringify(said));
    return sendMessage(this.#fd, bytes, bytes.length, Int32Array.from(fds)) === bytes.length;
  }

  /** The welcome of the other, and the descriptors beside it; it is waited for, for a second. */
  async welcome(): Promise<{ readonly message: TwinMessage; readonly fds: readonly number[] } | undefined> {
    const bytes = new Uint8Array(70_000);
    const descriptors = new Int32Array(MOST + 1);
    for (let i = 0; i < 100; i++) {
      const length = receiveMessage(this.#fd, bytes, descriptors);
      if (length > 0 && bytes[0] === 0x7b) {
        const message = JSON.parse(Buffer.from(bytes.subarray(0, length)).toString()) as TwinMessage;
        TwinChannel.#protocol = message.protocol;
        const fds = [...descriptors.subarray(1, 1 + descriptors[0]!)];
        if (message.type === 'welcome') return { message, fds };
        for (const fd of fds) close(fd);
      }
      if (length <= 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return undefined;
  }
}

// scripts — what a scripted upstream commonly does; tests write the uncommon ones themselves.

import { nameText } from './message.ts';
import { a, soa } from './records.ts';
import { buildReply, flags, type ReplySpec, rcodes, types } from './wire.ts';

/** A query, as a script is given it. */
export interface Received {
  /** 0 for the first query. */
  readonly index: number;
  readonly bytes: Buffer;
  readonly id: number;
  /** Wire bytes; empty when there is no question to read. */
  readonly name: Buffer;
  readonly type: number;
  readonly class: number;
  readonly transport: 'udp' | 'tcp';
  readonly sourcePort: number;
  /** Counts TCP connections from 1; 0 for UDP. */
  readonly connection: number;
}

/** The way back to whoever asked. */
export interface Line {
  /** Framed over TCP. */
  send(message: Uint8Array): void;
  /** UDP only: from another address or, with the same address, from another port. */
  sendFrom(address: string, message: Uint8Array): Promise<void>;
  /** UDP only: from the right socket to another port. */
  sendTo(port: number, message: Uint8Array): void;
  /** TCP only: bytes as they are, without a length. */
  raw(bytes: Uint8Array): void;
  /** TCP only: FIN. */
  close(): void;
  /** TCP only: RST. */
  reset(): void;
}

type Replies = Uint8Array | readonly Uint8Array[] | undefined;
export type Script = (query: Received, line: Line) => Replies | Promise<Replies>;

/** Says nothing. */
export const silent: Script = () => undefined;

/** Addresses get 192.0.2.1, everything else an empty answer with an SOA. */
export const plain: Script = ({ bytes, type }) =>
  buildReply(bytes, type === types.A ? { answer: [a('192.0.2.1')] } : { authority: [soa({ owner: '.' })] });

/** The same reply to every question, whatever its size; root questions (health checks) get a plain one. */
export function replying(spec: ReplySpec | ((query: Received) => ReplySpec)): Script {
  return (query, line) => {
    if (query.name.length === 1) return plain(query, line);
    return buildReply(query.bytes, typeof spec === 'function' ? spec(query) : spec);
  };
}

export function failing(rcode: number = rcodes.SERVFAIL): Script {
  return replying({ rcode });
}

/** A correct server: over UDP what is larger than the asker takes becomes an empty reply with TC. */
export function cutting(spec: ReplySpec, udpLimit = 1232): Script {
  return ({ bytes, transport }) => {
    const whole = buildReply(bytes, spec);
    return transport === 'tcp' || whole.length <= udpLimit ? whole : buildReply(bytes, { flags: flags.TC });
  };
}

/** The first script for the first time a question is asked, and so on; the last one stays. */
export function inTurn(...scripts: readonly Script[]): Script {
  const turns = new Map<string, number>();
  return (query, line) => {
    const key = `${nameText(query.name).toLowerCase()}/${query.type}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return scripts[Math.min(turn, scripts.length - 1)]!(query, line);
  };
}

/** As CoreDNS: the questions of one TCP connection one after the other. @param takes milliseconds; Infinity is for ever */
export function inOrder(takes: (query: Received) => number, script: Script = plain): Script {
  const busy = new Map<number, Promise<void>>();
  return async (query, line) => {
    const before = busy.get(query.connection) ?? Promise.resolve();
    const done = before.then(() => takesTime(takes(query)));
    if (query.transport === 'tcp') busy.set(query.connection, done);
    await done;
    return script(query, line);
  };
}

function takesTime(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms < Number.POSITIVE_INFINITY) setTimeout(resolve, ms);
  });
}

/** Holds queries back until it is opened. */
export class Gate {
  #open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  open(): void {
    this.#open();
  }

  /** @param which those that wait; all unless given. */
  before(script: Script, which: (query: Received) => boolean = () => true): Script {
    return async (query, line) => {
      if (which(query)) await this.#opened;
      return script(query, line);
    };
  }
}

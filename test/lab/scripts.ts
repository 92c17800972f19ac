// scripts — what a scripted upstream commonly does; tests write the uncommon ones themselves.

import { nameText } from './message.ts';
import { a, soa } from './records.ts';
import type { Line, Received } from './scripted-upstream.ts';
import { buildReply, flags, type ReplySpec, rcodes, types } from './wire.ts';

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

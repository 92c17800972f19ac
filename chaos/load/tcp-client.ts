// tcp-client — one TCP connection of the load, opened anew when it ends; queries of the old connection are not asked again.
//
// Its manner is how it hands queries to the kernel: whole, several at once; byte by byte; in halves with a pause between
// them; or rarely, so that the connection is mostly idle.

import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../../src/config.ts';
import { errnoOf } from '../../src/errors.ts';
import { HEADER, type Question } from './catalogue.ts';
import type { FaultTally } from './fault-tally.ts';
import type { Ledger } from './ledger.ts';
import { readUint16, writeUint16 } from './wire.ts';

export const manners = [
  'whole',
  'whole',
  'whole',
  'whole',
  'whole',
  'whole',
  'bytes',
  'halves',
  'idle',
] as const;
export type Manner = (typeof manners)[number];

/** How connections fared, all of them together. */
export interface TcpFates {
  opened: number;
  /** Ended by a reset. */
  reset: number;
  /** Ended by the server while queries were open. */
  cut: number;
  /** Ended by the server while none was. */
  closed: number;
  /** Not opened: refused, or no answer. */
  refused: number;
  /** How often which error said so. */
  readonly why: Map<string, number>;
}

/** Milliseconds between attempts to open a connection that was refused. */
const AGAIN = 20;
const IDS = 4096;

export class TcpClient {
  readonly manner: Manner;
  readonly #target: Endpoint;
  readonly #source: string | undefined;
  readonly #ledger: Ledger;
  readonly #tally: FaultTally;
  readonly #fates: TcpFates;
  readonly #now: () => number;
  #socket: Socket | undefined;
  #up = false;
  #ended = false;
  #unread: Buffer = Buffer.alloc(0);
  #queries = new Map<number, { readonly query: number; readonly question: Question }>();
  #open = 0;
  #next = 0;
  /** Half of a query is with the kernel. */
  #halfway = false;
  #again: NodeJS.Timeout | undefined;
  #wantsNew = false;

  constructor(
    given: {
      target: Endpoint;
      source: string | undefined;
      ledger: Ledger;
      tally: FaultTally;
      fates: TcpFates;
      now: () => number;
    },
    manner: Manner,
  ) {
    this.manner = manner;
    this.#target = given.target;
    this.#source = given.source;
    this.#ledger = given.ledger;
    this.#tally = given.tally;
    this.#fates = given.fates;
    this.#now = given.now;
    this.#connect();
  }

  get ready(): boolean {
    return this.#up && !this.#halfway && !this.#wantsNew;
  }

  /** The connection and its manner, when a query is open on it. */
  get unanswered(): string | undefined {
    if (this.#open === 0) return undefined;
    const { localAddress, localPort } = this.#socket!;
    return `${localAddress}:${localPort} (${this.manner}, ${this.#open} open)`;
  }

  /** Asks all of these at once, in the connection's manner. */
  ask(questions: readonly Question[], due: (question: Question) => number, pause: number): void {
    const socket = this.#socket!;
    const frames = questions.map(({ message }) => this.#frame(message));
    const first = this.#next - questions.length;
    // A query counts as sent when its last byte is: no server can answer half of one.
    const noteSent = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const question = questions[i]!;
        this.#queries.set((first + i) % IDS, {
          query: this.#ledger.sent(this.#now(), due(question)),
          question,
        });
        this.#open++;
      }
    };
    if (this.manner === 'halves') {
      const last = frames.pop()!;
      const middle = last.length >> 1;
      this.#halfway = true;
      noteSent(0, frames.length);
      socket.write(Buffer.concat([...frames, last.subarray(0, middle)]));
      setTimeout(() => {
        if (this.#socket !== socket) return;
        this.#halfway = false;
        noteSent(frames.length, questions.length);
        socket.write(last.subarray(middle));
      }, pause);
      return;
    }
    noteSent(0, questions.length);
    if (this.manner === 'whole' || this.manner === 'idle') socket.write(Buffer.concat(frames));
    else for (const byte of Buffer.concat(frames)) socket.write(Buffer.of(byte));
  }

  /** Replaces the connection by a new one, once no query is open on it. */
  renew(): void {
    this.#wantsNew = true;
    if (this.#up && this.#open === 0 && !this.#halfway) this.#replace();
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#again);
    this.#socket?.destroy();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #connect(): void {
    const source = this.#source === undefined ? {} : { localAddress: this.#source };
    const socket = connect({ host: this.#target.address, port: this.#target.port, noDelay: true, ...source });
    this.#socket = socket;
    socket.once('connect', () => {
      this.#fates.opened++;
      this.#up = true;
    });
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => this.#lost(this.#open > 0 || this.#halfway ? 'cut' : 'closed'));
    socket.on('error', (error) => {
      const code = `${this.#up ? '' : 'connect '}${errnoOf(error)}`;
      this.#fates.why.set(code, (this.#fates.why.get(code) ?? 0) + 1);
      this.#lost(this.#up ? 'reset' : 'refused');
    });
  }

  #lost(fate: 'cut' | 'closed' | 'reset' | 'refused'): void {
    if (this.#ended || this.#socket === undefined) return;
    this.#fates[fate]++;
    this.#again = setTimeout(() => this.#connect(), fate === 'refused' ? AGAIN : 0);
    this.#forget();
  }

  #replace(): void {
    this.#forget();
    this.#connect();
  }

  #forget(): void {
    this.#socket?.removeAllListeners().on('error', () => {});
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#up = false;
    this.#halfway = false;
    this.#wantsNew = false;
    this.#open = 0;
    this.#queries = new Map();
    this.#unread = Buffer.alloc(0);
  }

  #frame(message: Buffer): Buffer {
    writeUint16(message, 0, this.#next++ % IDS);
    return Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]);
  }

  #take(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    let at = 0;
    while (this.#unread.length >= at + 2) {
      const length = readUint16(this.#unread, at);
      if (this.#unread.length < at + 2 + length) break;
      this.#answer(this.#unread.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#unread = this.#unread.subarray(at);
    if (this.#wantsNew) this.renew();
  }

  #answer(reply: Buffer): void {
    const asked = reply.length < HEADER ? undefined : this.#queries.get(readUint16(reply, 0));
    if (asked === undefined) return this.#tally.stray('tcp');
    const before = this.#ledger.open;
    const right = this.#tally.isRight(asked.question, reply, reply.length, 'tcp');
    this.#ledger.answered(asked.query, this.#now(), right);
    if (this.#ledger.open < before) this.#open--;
  }
}

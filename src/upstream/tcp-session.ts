// tcp-session — one TCP connection to a server: frames out, frames in, matched by id and question.

import {
  close,
  connectTcp,
  EAGAIN,
  ERROR,
  HANGUP,
  pendingError,
  READABLE,
  read,
  shutdown,
  WRITABLE,
  write,
} from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import type { Counters } from '../counters.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { HEADER_LENGTH, readUint16, writeUint16 } from '../message/message.ts';
import { type Carrier, type Exchange, LONGEST_QUERY } from './exchange.ts';
import { FrameReader } from './frames.ts';
import { random16 } from './random.ts';

/** Shared by all connections: what a read yields is consumed before the next one. */
const received = Buffer.allocUnsafeSlow(65536 + 2);

export class UpstreamSession implements Watched, Carrier {
  /** Whether it ever delivered a response. */
  worked = false;
  lastUsed: number;
  readonly #fd: number;
  readonly #watchId: number;
  readonly #loop: EventLoop;
  readonly #events: Counters['events'];
  readonly #onEnd: (connection: UpstreamSession, lost: readonly Exchange[]) => void;
  readonly #waiting = new Map<number, Exchange>();
  readonly #frames = new FrameReader();
  #open = false;
  #ended = false;
  #heardSince = 0; // counts what was received; an exchange that waits in vain on a silent connection ends it
  readonly #heardAtSend = new Map<Exchange, number>();
  #outgoing: Buffer[] = [];
  #flushing = false;
  #awaitsRoom = true; // writable is how a connection under way reports that it stands

  constructor(
    endpoint: Endpoint,
    loop: EventLoop,
    events: Counters['events'],
    now: number,
    onEnd: (connection: UpstreamSession, lost: readonly Exchange[]) => void,
  ) {
    this.#loop = loop;
    this.#events = events;
    this.#onEnd = onEnd;
    this.lastUsed = now;
    this.#fd = connectTcp(endpoint);
    this.#watchId = loop.watch(this.#fd, READABLE | WRITABLE, this);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  send(exchange: Exchange, now: number): void {
    let id = random16();
    while (this.#waiting.has(id)) id = random16();
    exchange.id = id;
    exchange.carrier = this;
    this.#waiting.set(id, exchange);
    this.#heardAtSend.set(exchange, this.#heardSince);
    this.lastUsed = now;
    const frame = Buffer.allocUnsafe(2 + LONGEST_QUERY);
    const length = exchange.write(frame, 2);
    writeUint16(frame, 0, length);
    this.#outgoing.push(frame.subarray(0, 2 + length));
    if (!this.#open || this.#flushing) return;
    this.#flushing = true;
    this.#loop.later(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  forget(exchange: Exchange): void {
    if (this.#waiting.get(exchange.id) === exchange) this.#waiting.delete(exchange.id);
    this.#heardAtSend.delete(exchange);
  }

  suspect(exchange: Exchange): void {
    if (this.#heardAtSend.get(exchange) === this.#heardSince) this.end();
  }

  ready(flags: number): void {
    if (flags & ERROR || (flags & HANGUP && !(flags & READABLE))) {
      pendingError(this.#fd);
      this.end();
      return;
    }
    if (flags & WRITABLE) {
      this.#open = true;
      this.#flush();
    }
    if (flags & READABLE && !this.#ended) this.#read();
  }

  /** Ends the connection; what still waited on it is handed to `onEnd`. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#loop.unwatch(this.#fd, this.#watchId);
    shutdown(this.#fd, 2);
    close(this.#fd);
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#heardAtSend.clear();
    this.#loop.later(() => this.#onEnd(this, lost));
  }

  // -------------------------------------------------------------------------------------------------------------------

  #read(): void {
    const length = read(this.#fd, received, 0, received.length);
    if (length === -EAGAIN) return;
    if (length <= 0) {
      this.end();
      return;
    }
    this.#heardSince++;
    this.#frames.push(received, length, (bytes, start, frameLength) =>
      this.#frame(bytes, start, frameLength),
    );
  }

  #frame(bytes: Buffer, start: number, length: number): void {
    const exchange = length >= HEADER_LENGTH ? this.#waiting.get(readUint16(bytes, start)) : undefined;
    if (exchange === undefined || !exchange.accepts(bytes, start, length)) {
      this.#events.upstreamMismatches++;
      return;
    }
    this.worked = true;
    this.forget(exchange);
    exchange.question.responded(exchange, bytes, start, length);
  }

  #flush(): void {
    if (this.#ended) return;
    if (this.#outgoing.length > 0) {
      const bytes = this.#outgoing.length === 1 ? this.#outgoing[0]! : Buffer.concat(this.#outgoing);
      const sent = write(this.#fd, bytes, 0, bytes.length);
      if (sent < 0 && sent !== -EAGAIN) {
        this.end();
        return;
      }
      this.#outgoing = sent === bytes.length ? [] : [bytes.subarray(Math.max(sent, 0))];
    }
    const wantsRoom = this.#outgoing.length > 0;
    if (wantsRoom === this.#awaitsRoom) return;
    this.#awaitsRoom = wantsRoom;
    this.#loop.modify(this.#fd, wantsRoom ? READABLE | WRITABLE : READABLE, this.#watchId);
  }
}

// echo — the upstream of a rehearsal: whatever it is asked over UDP, the answer is one address.

import {
  Arena,
  bindUdp,
  CELL_LENGTH,
  CELL_PAYLOAD,
  close,
  describe,
  READABLE,
  REGION_OUTBOX,
  REPLY_WORDS,
} from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { OPT_LENGTH } from '../message/edns.ts';
import { ANCOUNT, ARCOUNT, FLAGS, HEADER_LENGTH, QR, RA, writeUint16 } from '../message/message.ts';

/** Of the name asked, class IN, 30 seconds: 192.0.2.1, which is nobody's (RFC 5737). */
const RECORD = [0xc0, HEADER_LENGTH, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1];

export class Echo implements Watched {
  readonly endpoint: Endpoint;
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #watchId: number;
  readonly #arena = new Arena({ ring: 32 });
  readonly #words: Int32Array;

  /** @throws when the address cannot be bound */
  constructor(address: string, loop: EventLoop) {
    const { memory } = this.#arena;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    this.#loop = loop;
    this.#fd = bindUdp({ address, port: 0 });
    this.endpoint = { address, port: describe(this.#fd).port };
    this.#watchId = loop.watch(this.#fd, READABLE, this);
  }

  ready(): void {
    const { replies, stride } = this.#arena;
    const count = this.#arena.receive(this.#fd);
    let end = 0;
    for (let slot = 0; slot < count; slot++) {
      const length = this.#compose(slot * stride, end);
      replies.set([slot, REGION_OUTBOX, end, length], slot * REPLY_WORDS);
      end += length;
    }
    if (count > 0) this.#arena.send(this.#fd, count);
  }

  close(): void {
    this.#loop.unwatch(this.#fd, this.#watchId);
    close(this.#fd);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Our own questions come to it, which end in an OPT record without options. Returns the answer's length. */
  #compose(slot: number, at: number): number {
    const { memory, outbox } = this.#arena;
    const end = this.#words[(slot >> 2) + CELL_LENGTH]! - OPT_LENGTH;
    outbox.set(memory.subarray(slot + CELL_PAYLOAD, slot + CELL_PAYLOAD + end), at);
    writeUint16(outbox, at + FLAGS, QR | RA);
    writeUint16(outbox, at + ANCOUNT, 1);
    writeUint16(outbox, at + ARCOUNT, 0);
    outbox.set(RECORD, at + end);
    return end + RECORD.length;
  }
}

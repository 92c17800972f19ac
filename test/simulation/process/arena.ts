// arena — memory that a simulated process receives datagrams into and answers them from: the Arena of node-reuseport.
//
// It is laid out as that one, with fewer cells, and stores in the same order: a process may end between any two stores.

import { ADDRESS_BYTES, IPV4_BYTES, loadAddress, storeAddress } from '../kernel/address.ts';
import { errnos } from '../kernel/errno.ts';
import { SharedMemory } from '../kernel/memory.ts';
import { UdpSocket } from '../kernel/udp.ts';
import type { Process } from './process.ts';

export interface ArenaOptions {
  readonly ring?: number;
  readonly parked?: number;
  readonly payload?: number;
  readonly replies?: number;
  readonly outbox?: number;
  readonly records?: number;
}

/** As in index.d.ts and arena.d.ts of node-reuseport; the test of the simulated kernel compares. */
export const arenaNumbers = {
  CELL_LENGTH: 0,
  CELL_HASH: 1,
  CELL_STATE: 2,
  CELL_TAG: 3,
  CELL_ADDRESS_LENGTH: 4,
  CELL_USER: 5,
  CELL_ADDRESS: 24,
  CELL_PAYLOAD: 64,
  HEAD_MAGIC: 0,
  HEAD_VERSION: 1,
  HEAD_RING: 2,
  HEAD_CELLS: 3,
  HEAD_PAYLOAD: 4,
  HEAD_STRIDE: 5,
  HEAD_LENGTHS: 6,
  HEAD_LENGTH_STRIDE: 7,
  HEAD_FIRST_CELL: 8,
  HEAD_TAG: 9,
  HEAD_RECORDS: 10,
  HEAD_RECORDS_SIZE: 11,
  HEAD_USER: 64,
  ARENA_MAGIC: 0x616e6572,
  ARENA_VERSION: 2,
  ZERO_TAIL: 8,
  REPLY_WORDS: 4,
  REGION_OUTBOX: 0,
  REGION_ATTACHED: 1,
} as const;

/** Cells are few, so that memory is made and cleared quickly; a real arena has 64 and 8192. */
const RING = 8;
const PARKED = 64;
const PAGE = 4096;
/** Of a message in the vector that the kernel fills: where in it the length is, and how long it is. */
const LENGTH_AT = 56;
const VECTOR_STEP = 64;

const n = arenaNumbers;

export function arenaClass(process: Process) {
  const { machine } = process;
  return class Arena {
    readonly fd: number;
    readonly ring: number;
    readonly cells: number;
    readonly payload: number;
    readonly stride: number;
    readonly capacity: number;
    readonly memory: Uint8Array;
    readonly replies: Int32Array;
    readonly header: Int32Array;
    readonly records: Uint8Array;
    readonly outbox: Uint8Array;
    readonly #lengths: number;
    readonly #words: Int32Array;
    #attached = new Uint8Array(0);
    #marked = 0;

    constructor(options: ArenaOptions) {
      process.enter('memfd_create');
      const { payload = 1280, replies = 64, outbox = 1 << 17, records = 0 } = options;
      this.ring = Math.min(options.ring ?? 64, RING);
      this.cells = this.ring + Math.min(options.parked ?? 0, PARKED);
      this.payload = payload;
      this.capacity = replies;
      this.stride = (n.CELL_PAYLOAD + payload + n.ZERO_TAIL + 63) & ~63;
      const firstCell = PAGE + this.ring * VECTOR_STEP;
      const recordsAt = firstCell + this.cells * this.stride;
      const shared = new SharedMemory(machine.nextInode(), recordsAt + records);
      process.memories.push(shared);
      this.fd = process.open(shared, 'memfd_create');
      const { buffer } = shared;
      this.#words = new Int32Array(buffer);
      this.header = new Int32Array(buffer, 0, PAGE >> 2);
      this.memory = new Uint8Array(buffer, firstCell, this.cells * this.stride);
      this.records = new Uint8Array(buffer, recordsAt, records);
      this.replies = new Int32Array(replies * n.REPLY_WORDS);
      this.outbox = new Uint8Array(outbox);
      this.#lengths = PAGE + LENGTH_AT;
      const head = {
        [n.HEAD_VERSION]: n.ARENA_VERSION,
        [n.HEAD_RING]: this.ring,
        [n.HEAD_CELLS]: this.cells,
        [n.HEAD_PAYLOAD]: payload,
        [n.HEAD_STRIDE]: this.stride,
        [n.HEAD_LENGTHS]: this.#lengths,
        [n.HEAD_LENGTH_STRIDE]: VECTOR_STEP,
        [n.HEAD_FIRST_CELL]: firstCell,
        [n.HEAD_RECORDS]: recordsAt,
        [n.HEAD_RECORDS_SIZE]: records,
      };
      for (const [word, value] of Object.entries(head)) this.header[Number(word)] = value;
      process.enter('the magic number');
      this.header[n.HEAD_MAGIC] = n.ARENA_MAGIC;
    }

    receive(fd: number, tag = 0): number {
      for (let i = 0; i < this.#marked; i++) this.#setLength(i, 0);
      this.#marked = 0;
      process.enter('HEAD_TAG');
      this.header[n.HEAD_TAG] = tag;
      process.enter('recvmmsg');
      const failed = process.failure('recvmmsg');
      if (failed !== undefined) return -errnos[failed];
      const socket = process.as(fd, UdpSocket);
      if (typeof socket === 'number') return socket;
      const taken = socket.queue.splice(0, this.ring);
      if (taken.length === 0) return -errnos.EAGAIN;
      taken.forEach(({ from, bytes }, i) => {
        this.memory.set(bytes.subarray(0, this.payload), i * this.stride + n.CELL_PAYLOAD);
        storeAddress(this.memory, i * this.stride + n.CELL_ADDRESS, from);
        this.#setLength(i, bytes.length);
      });
      machine.director.received(process, socket, taken);
      this.#marked = taken.length;
      process.enter('behind recvmmsg');
      for (let i = 0; i < taken.length; i++) this.#describe(i, taken[i]!.bytes.length, tag);
      return taken.length;
    }

    attach(bytes: Uint8Array<ArrayBuffer>): void {
      this.#attached = bytes;
    }

    send(fd: number, count: number): number {
      const messages = Array.from({ length: count }, (_, i) => this.#replyOf(i));
      process.enter('sendmmsg');
      const failed = process.failure('sendmmsg');
      if (failed === 'ENOBUFS' || failed === 'ENOMEM') return -count;
      const socket = process.as(fd, UdpSocket);
      if (typeof socket === 'number' || failed !== undefined) return 0;
      for (const { to, bytes } of messages) machine.director.left(process, socket.local, to, bytes);
      return count;
    }

    markCrashes(): void {}

    // -----------------------------------------------------------------------------------------------------------------

    #setLength(i: number, length: number): void {
      this.#words[(this.#lengths + i * VECTOR_STEP) >> 2] = length;
    }

    #describe(i: number, length: number, tag: number): void {
      const at = i * this.stride;
      const kept = Math.min(length, this.payload);
      const words = new Int32Array(this.memory.buffer, this.memory.byteOffset + at, n.CELL_PAYLOAD >> 2);
      this.memory.fill(0, at + n.CELL_PAYLOAD + kept, at + n.CELL_PAYLOAD + kept + n.ZERO_TAIL);
      words[n.CELL_LENGTH] = length;
      words[n.CELL_TAG] = tag;
      words[n.CELL_ADDRESS_LENGTH] = IPV4_BYTES;
      process.enter('half of a cell');
      words[n.CELL_HASH] = hashOf(this.memory, at + n.CELL_PAYLOAD + 2, kept - 2);
    }

    #replyOf(i: number): { readonly to: { address: string; port: number }; readonly bytes: Uint8Array } {
      const at = i * n.REPLY_WORDS;
      const [cell = 0, region, offset = 0, length = 0] = this.replies.subarray(at, at + n.REPLY_WORDS);
      const header = cell * this.stride;
      if (cell < 0 || cell >= this.cells)
        throw new TypeError('replies: a record points outside of its region');
      const from = region === n.REGION_ATTACHED ? this.#attached : this.outbox;
      const bytes = from.slice(offset, offset + length);
      if (region === n.REGION_ATTACHED)
        bytes.set(this.memory.subarray(header + n.CELL_PAYLOAD, header + n.CELL_PAYLOAD + 2));
      const to = loadAddress(
        this.memory.subarray(header + n.CELL_ADDRESS, header + n.CELL_ADDRESS + ADDRESS_BYTES),
        0,
      );
      return { to: to ?? { address: '0.0.0.0', port: 0 }, bytes };
    }
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

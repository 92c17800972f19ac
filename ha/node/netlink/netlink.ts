// netlink — a conversation with the kernel over a netlink socket: ask, and have the answer.
//
// Nothing is waited for: the kernel carries out a request, and puts its answers into the socket, before the write returns;
// the rest of a long answer it makes up while it is read. So reading goes on until nothing is left, and an answer that is
// not there then will not come. News of multicast groups belong on another socket than the one that asks.

import { getSystemErrorName } from 'node:util';
import { EAGAIN, EMSGSIZE, read, write } from 'node-reuseport';
import {
  decodeMessages,
  encodeMessage,
  joinBytes,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  readHostUint32,
} from './message.ts';

export interface NetlinkRequest {
  readonly type: number;
  /** Beside NLM_F_REQUEST; with NLM_F_ACK the kernel has to say that it was done. */
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** The code is the kernel's: EPERM and its like. */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  readonly code: string;
  /** Which of the requests it refused. */
  readonly request: number;

  constructor(code: string, request: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.request = request;
  }
}

export interface Kernel {
  readonly read: typeof read;
  readonly write: typeof write;
}

export class Netlink {
  readonly fd: number;
  readonly #kernel: Kernel;
  #sequence: number;
  readonly #buffer = new Uint8Array(1 << 17);

  /**
   * @param fd of openNetlink, here or in a process that passed it on; whoever has it closes it
   * @param kernel what it is read and written with, for tests
   */
  constructor(fd: number, kernel: Kernel = { read, write }) {
    this.fd = fd;
    this.#kernel = kernel;
    // What a process that held the socket before asked must not be taken for ours.
    this.#sequence = (process.pid << 16) >>> 0;
  }

  /** What the kernel answers to one request. @throws NetlinkError */
  ask(type: number, payload: Uint8Array): NetlinkMessage[] {
    return this.batch([{ type, flags: NLM_F_ACK, payload }]);
  }

  /** Everything there is of a kind, as it was at one moment. @throws NetlinkError */
  dump(type: number, payload: Uint8Array): NetlinkMessage[] {
    for (let turn = 0; turn < DUMPS; turn++) {
      const found = this.batch([{ type, flags: NLM_F_DUMP, payload }]);
      if (!found.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)) return found;
    }
    throw failure(-EINTR, 0, `what is there changed during each of ${DUMPS} readings`);
  }

  /** Several requests at once, and what is answered to any of them. @throws NetlinkError of the first that was refused */
  batch(requests: readonly NetlinkRequest[]): NetlinkMessage[] {
    this.#receive(0, 0);
    const first = this.#sequence;
    this.#sequence = (first + requests.length) >>> 0;
    const bytes = joinBytes(
      requests.map(({ type, flags, payload }, index) =>
        encodeMessage({
          type,
          flags: flags | NLM_F_REQUEST,
          sequence: (first + index) >>> 0,
          port: 0,
          payload,
        }),
      ),
    );
    const sent = this.#kernel.write(this.fd, bytes, 0, bytes.length);
    if (sent < 0) throw failure(sent, 0, 'the kernel took no request');
    return conclude(requests, this.#receive(first, requests.length));
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Empties the socket; returns what belongs to the requests, each with the index of its own. */
  #receive(first: number, count: number): Answer[] {
    const answers: Answer[] = [];
    for (;;) {
      const length = this.#kernel.read(this.fd, this.#buffer, 0, this.#buffer.length);
      if (length === -EAGAIN) return answers;
      if (length === -ENOBUFS) continue; // told once; whether what was lost matters, the end shows
      if (length < 0) throw failure(length, 0, 'reading the answer failed');
      // A full buffer means that something was cut off.
      if (length === this.#buffer.length) throw failure(-EMSGSIZE, 0, 'the answer is too long');
      for (const message of decoded(this.#buffer.slice(0, length))) {
        const request = (message.sequence - first) >>> 0;
        if (request < count) answers.push({ request, message });
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Answer {
  readonly request: number;
  readonly message: NetlinkMessage;
}

const EINTR = 4;
const EBADMSG = 74;
const ENOBUFS = 105;

/** Readings until one is not disturbed; on a node whose rules change every millisecond each of them may be. */
const DUMPS = 20;

function failure(error: number, request: number, what: string): NetlinkError {
  const code = codes[-error] ?? getSystemErrorName(error);
  return new NetlinkError(code, request, `netlink: ${what} (${code})`);
}

/** Those that Node has no name for, or another. */
const codes: Readonly<Record<number, string>> = { [EBADMSG]: 'EBADMSG', 85: 'ERESTART', 95: 'EOPNOTSUPP' };

function decoded(bytes: Uint8Array): NetlinkMessage[] {
  try {
    return decodeMessages(bytes);
  } catch (cause) {
    throw new NetlinkError('EBADMSG', 0, 'netlink: the answer makes no sense', { cause });
  }
}

/** The answers without their ends. @throws NetlinkError when one is a refusal, or an end that was asked for is missing */
function conclude(requests: readonly NetlinkRequest[], answers: readonly Answer[]): NetlinkMessage[] {
  const content: NetlinkMessage[] = [];
  const ended = new Set<number>();
  for (const { request, message } of answers) {
    if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
      const status = statusOf(message);
      if (status < 0) throw failure(status, request, `the kernel refused request ${request}`);
      ended.add(request);
    } else if (message.type !== NLMSG_NOOP) {
      content.push(message);
    }
  }
  const missing = requests.findIndex(({ flags }, index) => hasEnd(flags) && !ended.has(index));
  if (missing < 0) return content;
  throw failure(-EAGAIN, missing, 'the kernel did not answer; does another process read the same socket?');
}

/** One of the two bits of a dump means something else in requests that make things. */
function hasEnd(flags: number): boolean {
  return (flags & NLM_F_ACK) !== 0 || (flags & NLM_F_DUMP) === NLM_F_DUMP;
}

/** 0 or -errno; the end of a dump need not say, and a positive one is a count. */
function statusOf({ type, payload }: NetlinkMessage): number {
  if (payload.length >= 4) return readHostUint32(payload.subarray(0, 4)) | 0;
  return type === NLMSG_DONE ? 0 : -EBADMSG;
}

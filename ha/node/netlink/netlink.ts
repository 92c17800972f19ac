// netlink — a conversation with the kernel over a netlink socket: requests, and their answers.
//
// Nothing is waited for: the kernel carries out a request, and puts its answer into the socket, before the write returns; it
// adds the rest of a long answer while the first part is read. So we read until nothing is left, and an answer that is
// missing then will never come. Events of multicast groups need a socket of their own.

import { constants } from 'node:os';
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
  /** Besides NLM_F_REQUEST; with NLM_F_ACK the kernel confirms that it has done it. */
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** The code is the kernel's, such as EPERM. */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  readonly code: string;
  /** The index of the request that was refused. */
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
   * @param fd of openNetlink, in this process or in the process that passed it on; the caller closes it
   * @param kernel reads and writes; tests bring another
   */
  constructor(fd: number, kernel: Kernel = { read, write }) {
    this.fd = fd;
    this.#kernel = kernel;
    // Answers to another holder of the socket must not be taken for ours.
    this.#sequence = (process.pid << 16) >>> 0;
  }

  /** The answers to one request. @throws NetlinkError */
  ask(type: number, payload: Uint8Array): NetlinkMessage[] {
    return this.batch([{ type, flags: NLM_F_ACK, payload }]);
  }

  /** Everything of a kind, as it was at one moment. @throws NetlinkError */
  dump(type: number, payload: Uint8Array): NetlinkMessage[] {
    for (let turn = 0; turn < DUMPS; turn++) {
      const found = this.batch([{ type, flags: NLM_F_DUMP, payload }]);
      if (!found.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)) return found;
    }
    throw failure(-EINTR, 0, `the state changed during each of ${DUMPS} readings`);
  }

  /** Several requests at once, and all their answers. @throws NetlinkError of the first that was refused */
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

  /** Empties the socket; returns the answers to our requests, each with the index of its request. */
  #receive(first: number, count: number): Answer[] {
    const answers: Answer[] = [];
    for (;;) {
      const length = this.#kernel.read(this.fd, this.#buffer, 0, this.#buffer.length);
      if (length === -EAGAIN) return answers;
      if (length === -ENOBUFS) continue; // reported once; a missing end shows whether the loss matters
      if (length < 0) throw failure(length, 0, 'the answer could not be read');
      // A full buffer: the rest was cut off.
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

const { EBADMSG, EINTR, ENOBUFS } = constants.errno;

/** Attempts to read without being disturbed: on a node whose rules change every millisecond, each may be. */
const DUMPS = 20;

function failure(error: number, request: number, what: string): NetlinkError {
  const code = codes[-error] ?? getSystemErrorName(error);
  return new NetlinkError(code, request, `netlink: ${what} (${code})`);
}

/** For which Node has no name, or another one. */
const codes: Readonly<Record<number, string>> = { [EBADMSG]: 'EBADMSG', 85: 'ERESTART', 95: 'EOPNOTSUPP' };

function decoded(bytes: Uint8Array): NetlinkMessage[] {
  try {
    return decodeMessages(bytes);
  } catch (cause) {
    throw new NetlinkError('EBADMSG', 0, 'netlink: the answer makes no sense', { cause });
  }
}

/** The answers without their ends. @throws NetlinkError for a refusal, and for an end that is missing */
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

/** Each of the two bits of a dump alone means something else, in requests that make things. */
function hasEnd(flags: number): boolean {
  return (flags & NLM_F_ACK) !== 0 || (flags & NLM_F_DUMP) === NLM_F_DUMP;
}

/** -errno, or 0 and more; at the end of a dump it may be missing, or a count. */
function statusOf({ type, payload }: NetlinkMessage): number {
  if (payload.length >= 4) return readHostUint32(payload.subarray(0, 4)) | 0;
  return type === NLMSG_DONE ? 0 : -EBADMSG;
}

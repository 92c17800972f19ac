// http-connection — one connection of an HTTP port: one request is read, one answer is sent, then it ends.
//
// What a client sends behind its first request is never looked at, and no answer is composed before its request was read in
// full: so a client can make us hold one head and one answer. node:http reads on, and 64 KiB of requests stall it for 40 ms.

import { close, EAGAIN, ERROR, HANGUP, READABLE, read, shutdown, WRITABLE, write } from 'node-reuseport';
import type { EventLoop, Watched } from '../loop/event-loop.ts';

export interface Request {
  readonly method: string;
  /** Without what follows a question mark. */
  readonly path: string;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** In the order in which connections go when there are too many: first those that wait for nothing but their end. */
export const phases = ['ending', 'asking', 'sending', 'answering'] as const;
export type Phase = (typeof phases)[number];

/** Milliseconds: for the request to come, for the answer to be made, to be taken, for the client to end the connection. */
const TIMES: Readonly<Record<Phase, number>> = { asking: 5000, answering: 5000, sending: 5000, ending: 1000 };
const HEAD_BYTES = 8192;
/** Behind the request; a close with bytes unread would take the answer from the client. */
const DISCARDED_BYTES = 65_536;
const WRITE_SIDE = 1;

const scratch = Buffer.alloc(HEAD_BYTES);

export class HttpConnection implements Watched {
  readonly source: string;
  phase: Phase = 'asking';
  readonly #fd: number;
  readonly #loop: EventLoop;
  readonly #watchId: number;
  readonly #now: () => number;
  readonly #mayWork: () => boolean;
  readonly #answer: (request: Request) => Promise<Reply>;
  readonly #ended: () => void;
  #since: number;
  #head = '';
  #discarded = 0;
  #unsent: Uint8Array[] = [];
  #over = false;

  /** @param given `answer` does not reject */
  constructor(
    fd: number,
    source: string,
    given: {
      readonly loop: EventLoop;
      readonly now: () => number;
      /** False when the connections of the port have had their share of this turn of the loop. */
      readonly mayWork: () => boolean;
      readonly answer: (request: Request) => Promise<Reply>;
      readonly ended: (connection: HttpConnection) => void;
    },
  ) {
    this.source = source;
    this.#fd = fd;
    this.#loop = given.loop;
    this.#now = given.now;
    this.#mayWork = given.mayWork;
    this.#answer = given.answer;
    this.#ended = () => given.ended(this);
    this.#since = given.now();
    this.#watchId = given.loop.watch(fd, READABLE, this, 'vital');
  }

  ready(flags: number): void {
    if (this.#over) return;
    if ((flags & (ERROR | HANGUP)) !== 0) return this.end();
    if (!this.#mayWork()) return;
    if (this.phase === 'asking') this.#readHead();
    else if (this.phase === 'sending') this.#send();
    else if (this.phase === 'ending') this.#discard();
  }

  isOverdue(now: number): boolean {
    return now - this.#since > TIMES[this.phase];
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#unsent = [];
    this.#loop.unwatch(this.#fd, this.#watchId);
    close(this.#fd);
    this.#ended();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #enter(phase: Phase, flags: number): void {
    this.phase = phase;
    this.#since = this.#now();
    this.#loop.modify(this.#fd, flags, this.#watchId);
  }

  #readHead(): void {
    const length = read(this.#fd, scratch, 0, HEAD_BYTES - this.#head.length);
    if (length === -EAGAIN) return;
    if (length <= 0) return this.end();
    const from = Math.max(0, this.#head.length - 3); // the end of a head may come in two pieces
    this.#head += scratch.toString('latin1', 0, length);
    const ended = this.#head.includes('\r\n\r\n', from) || this.#head.includes('\n\n', from);
    const request = readRequest(this.#head);
    if (request === 'malformed') this.#compose(refusal(400, 'This is no HTTP request.'));
    else if (ended && request !== 'incomplete') this.#ask(request);
    else if (this.#head.length >= HEAD_BYTES) this.#compose(refusal(431, 'The request is too long.'));
  }

  #ask(request: Request): void {
    this.#enter('answering', 0);
    void this.#answer(request).then((reply) => this.#compose(reply, request.method === 'HEAD'));
  }

  #compose({ status, type, body }: Reply, headOnly = false): void {
    if (this.#over) return;
    this.#head = '';
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const head =
      `HTTP/1.1 ${status} ${reasons[status] ?? 'Answer'}\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\n` +
      `date: ${new Date().toUTCString()}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n`;
    this.#unsent = headOnly ? [Buffer.from(head)] : [Buffer.from(head), bytes];
    this.#enter('sending', WRITABLE);
    this.#send();
  }

  #send(): void {
    for (let bytes = this.#unsent[0]; bytes !== undefined; bytes = this.#unsent[0]) {
      const sent = bytes.length > 0 ? write(this.#fd, bytes, 0, bytes.length) : 0;
      if (sent === -EAGAIN) return;
      if (sent < 0) return this.end();
      if (sent < bytes.length) this.#unsent[0] = bytes.subarray(sent);
      else this.#unsent.shift();
    }
    if (shutdown(this.#fd, WRITE_SIDE) < 0) return this.end();
    this.#enter('ending', READABLE);
  }

  #discard(): void {
    const length = read(this.#fd, scratch, 0, scratch.length);
    if (length === -EAGAIN) return;
    this.#discarded += length;
    if (length <= 0 || this.#discarded > DISCARDED_BYTES) this.end();
  }
}

function refusal(status: number, sentence: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}

/** RFC 9112 section 3: one line, before which an empty one is passed over. */
const requestLine = /^(?:\r?\n)?([A-Z]+) (\S+) HTTP\/1\.[01]\r?\n/;
/** What may become such a line. */
const beginning = /^(?:\r?\n?|\r?\n?[A-Z]+(?: \S*(?: [HTP/1.0\r]*)?)?)$/;

function readRequest(head: string): Request | 'incomplete' | 'malformed' {
  const [line, method, target] = requestLine.exec(head) ?? [];
  if (line === undefined) return beginning.test(head) ? 'incomplete' : 'malformed';
  return { method: method!, path: target!.replace(/\?.*$/, '') };
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

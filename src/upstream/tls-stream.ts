// tls-stream — a connection over TLS (RFC 7858): TCP of our own making, then node:tls on it.
//
//   TCP under way ── stands ──► certificates at hand ──► handshake ── it is who it should be ──► stands
//        └── 3 s for all of that, else it is a failure of the server, told in a sentence ──┘

import { constants } from 'node:os';
import type { TLSSocket } from 'node:tls';
import { close, connectTcp, ERROR, HANGUP, pendingError, WRITABLE } from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import { messageOf } from '../errors.ts';
import { Deadline, type DeadlineOwner, type Deadlines } from '../loop/deadlines.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { ACKNOWLEDGED_WITHIN, type ByteStream, type StreamUser } from './byte-stream.ts';
import type { ExchangeFailure } from './exchange.ts';
import { isOfNetwork, refusalOf } from './refusal.ts';
import type { Secure, TlsTrust } from './tls-trust.ts';

const { ETIMEDOUT } = constants.errno;

/** Milliseconds; a question is given up after 4 s. */
const HANDSHAKE = 3000;

/** What the connections to one server have in common. */
export interface TlsServer {
  readonly endpoint: Endpoint;
  readonly serverName: string | undefined;
  readonly trust: TlsTrust;
  /** The newest of those it gave. */
  ticket: Buffer | undefined;
  /** No connection was made, and why: part of a sentence. */
  insecure(why: string): void;
}

export class TlsStream implements ByteStream, Watched, DeadlineOwner {
  readonly #server: TlsServer;
  readonly #loop: EventLoop;
  readonly #deadlines: Deadlines;
  readonly #user: StreamUser;
  readonly #handshake = new Deadline(this);
  readonly #fd: number;
  readonly #watchId: number;
  /** Of the TCP connection, by our own loop. */
  #isWatched = true;
  /** Has the descriptor from then on. */
  #socket: TLSSocket | undefined = undefined;
  #stands = false;
  #closed = false;

  constructor(server: TlsServer, loop: EventLoop, deadlines: Deadlines, user: StreamUser) {
    this.#server = server;
    this.#loop = loop;
    this.#deadlines = deadlines;
    this.#user = user;
    this.#fd = connectTcp({ ...server.endpoint, acknowledgedWithin: ACKNOWLEDGED_WITHIN });
    try {
      this.#watchId = loop.watch(this.#fd, WRITABLE, this);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
    deadlines.set(this.#handshake, HANDSHAKE);
  }

  write(bytes: Buffer): void {
    this.#socket?.write(bytes);
  }

  /** The TCP connection stands, or has failed. */
  ready(flags: number): void {
    if ((flags & (ERROR | HANGUP)) !== 0) {
      const errno = pendingError(this.#fd);
      return this.#end(errno === -ETIMEDOUT ? 'closed' : refusalOf(errno));
    }
    this.#unwatch();
    this.#server.trust.load().then(
      (secure) => this.#loop.later(() => this.#secure(secure)),
      (error) => this.#loop.later(() => this.#fail(error)),
    );
  }

  expired(): void {
    this.#fail(new Error(`no handshake within ${HANDSHAKE / 1000} s`));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadlines.cancel(this.#handshake);
    this.#unwatch();
    if (this.#socket === undefined) close(this.#fd);
    else this.#socket.destroy();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #unwatch(): void {
    if (this.#isWatched) this.#loop.unwatch(this.#fd, this.#watchId);
    this.#isWatched = false;
  }

  #secure(secure: Secure): void {
    if (this.#closed) return;
    const { endpoint, serverName, ticket } = this.#server;
    const socket = secure(this.#fd, { address: endpoint.address, serverName, ticket });
    this.#socket = socket;
    // What comes of the stream is done in turns of our own loop, where an exception costs no more than what it was about.
    const on = (event: string, told: (value: unknown) => void) =>
      socket.on(event, (value: unknown) => this.#loop.later(() => this.#closed || told(value)));
    on('secureConnect', () => {
      this.#stands = true;
      this.#deadlines.cancel(this.#handshake);
      this.#user.stood();
    });
    on('session', (given) => {
      this.#server.ticket = given as Buffer;
    });
    on('data', (bytes) => this.#user.received(bytes as Buffer, (bytes as Buffer).length));
    on('error', (error) => this.#fail(error));
    on('end', () => this.#fail(endedEarly));
    on('close', () => this.#fail(endedEarly));
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    if (this.#stands) {
      if (codeOf(error).startsWith('ERR_SSL')) this.#server.insecure(reasonOf(error, this.#server));
      return this.#end('closed');
    }
    this.#server.ticket = undefined; // it may be what the server could not bear
    this.#server.insecure(reasonOf(error, this.#server));
    // One that ended on the way may be followed by a better one; who a server is does not change that soon.
    this.#end(isOfNetwork(error) ? 'closed' : 'refused');
  }

  #end(reason: ExchangeFailure): void {
    if (this.#closed) return;
    this.close();
    this.#user.ended(reason);
  }
}

/** As node:tls says it, most of the time. */
const endedEarly = Object.assign(new Error('it ends connections before it has shown a certificate'), {
  code: 'ECONNRESET',
});

/** What node:tls says of certificates, in words that lead on. */
const untrusted =
  'its certificate is signed by none of the authorities trusted here; name the right one with tls CA';
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; look at the clocks of both',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ECONNRESET: endedEarly.message,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate of ours; name one with tls CERT KEY CA',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown, { endpoint, serverName }: TlsServer): string {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const cert = (error as { cert?: { subjectaltname?: string } }).cert;
    const has =
      cert?.subjectaltname === undefined ? '' : `; it is for ${cert.subjectaltname.replaceAll('DNS:', '')}`;
    return `its certificate is not for ${serverName ?? endpoint.address}${has}`;
  }
  return reasons[code] ?? messageOf(error);
}

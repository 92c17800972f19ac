// control-server — the socket at which an instance is asked by programs of its own user, or of root: few at a time, one request
// each, all of it bounded in size and time.
//
// It lies in the pair's directory, which no other user can open; the kernel is asked all the same who calls.

import {
  ADDRESS_BYTES,
  accept,
  close,
  EAGAIN,
  peerUser,
  READABLE,
  receiveMessage,
  sendMessage,
} from 'node-reuseport';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { EventLoop } from '../loop/event-loop.ts';
import { isThere, type ListeningSocket, listenAt, unlisten } from '../options/listening-socket.ts';
import { channelDirectory, controlPath, secureDirectory } from '../options/pair-directory.ts';
import { LONGEST_REPLY, LONGEST_REQUEST, type Refusal, type Request, readRequest } from './protocol.ts';

export interface ControlServer {
  stop(): void;
}

export type ControlConfig = Pick<Config, 'listen' | 'port' | 'slot' | 'channelDirectory'>;

/** Connections at a time. */
const MOST = 8;
/** Milliseconds: for a request to come; between looks at whether its socket is there, and attempts to make it. */
const TIMES = { due: 2000, look: 1000 };

const noDescriptors = new Int32Array(1);

/** @param answer is not told of what is no request, and does what it does within its own bounds */
export function serveControl(
  config: ControlConfig,
  log: Log,
  answer: (request: Request) => Promise<object>,
  times = TIMES,
): ControlServer {
  const loop = new EventLoop((error) => log.error('a request could not be handled', { err: error }));
  const received = Buffer.alloc(LONGEST_REQUEST + 1);
  /** Those that have said nothing yet, with the end of their patience. */
  const asking = new Map<number, { readonly watchId: number; readonly due: NodeJS.Timeout }>();
  let answering = 0;
  let listening: { readonly socket: ListeningSocket; readonly watchId: number } | undefined;
  let complained: string | undefined;

  function look(): void {
    if (listening !== undefined && isThere(listening.socket)) return;
    hangUp();
    try {
      secureDirectory(channelDirectory(config));
      const socket = listenAt(controlPath(config, config.slot));
      listening = { socket, watchId: loop.watch(socket.fd, READABLE, { ready: acceptOne }) };
      complained = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== complained)
        log.debug('commands cannot ask this instance; it is tried again', { reason });
      complained = reason;
    }
  }

  function hangUp(): void {
    if (listening === undefined) return;
    loop.unwatch(listening.socket.fd, listening.watchId);
    unlisten(listening.socket);
    listening = undefined;
  }

  function acceptOne(): void {
    const fd = accept(listening!.socket.fd, new Uint8Array(ADDRESS_BYTES));
    if (fd < 0) return;
    if (!isOurs(fd)) return close(fd);
    if (asking.size + answering >= MOST) {
      receiveMessage(fd, received, noDescriptors); // what is not read would take the reply with it
      return end(fd, { error: 'it is asked by too many at once' });
    }
    const due = setTimeout(() => forget(fd, true), times.due).unref();
    asking.set(fd, { watchId: loop.watch(fd, READABLE, { ready: () => take(fd) }), due });
  }

  function take(fd: number): void {
    const length = receiveMessage(fd, received, noDescriptors);
    if (length === -EAGAIN) return;
    forget(fd, length <= 0);
    if (length <= 0) return;
    if (length > LONGEST_REQUEST) return end(fd, { error: 'the request is too long' });
    const request = readRequest(received.toString('utf8', 0, length));
    if (typeof request === 'string') return end(fd, { error: request });
    answering++;
    void answer(request)
      .catch((error: unknown) => ({ error: messageOf(error) }))
      .then((reply) => {
        answering--;
        end(fd, reply);
      });
  }

  /** It is none of those any more that have said nothing. */
  function forget(fd: number, isOver: boolean): void {
    const { watchId, due } = asking.get(fd)!;
    asking.delete(fd);
    clearTimeout(due);
    loop.unwatch(fd, watchId);
    if (isOver) close(fd);
  }

  look();
  const looking = setInterval(look, times.look).unref();
  return {
    stop() {
      clearInterval(looking);
      for (const fd of [...asking.keys()]) forget(fd, true);
      hangUp();
      loop.close();
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function isOurs(fd: number): boolean {
  try {
    const user = peerUser(fd);
    return user === 0 || user === process.geteuid?.();
  } catch {
    return false; // it has gone
  }
}

/** What the caller does not take any more is gone with it. */
function end(fd: number, reply: object | Refusal): void {
  const bytes = Buffer.from(JSON.stringify(reply));
  const sent =
    bytes.length <= LONGEST_REPLY
      ? bytes
      : Buffer.from('{"error":"there is more to tell than a reply has room for"}');
  sendMessage(fd, sent, sent.length, noDescriptors.subarray(0, 0));
  close(fd);
}

// call-instance — puts one request to the instance of a slot, at the socket in the pair's directory.

import { close, connectChannel, EAGAIN, READABLE, receiveMessage, sendMessage } from 'node-reuseport';
import type { Slot } from '../config.ts';
import { errnoOf, messageOf } from '../errors.ts';
import { EventLoop } from '../loop/event-loop.ts';
import { channelDirectory, controlPath, type Where } from '../options/pair-directory.ts';
import { type Action, LONGEST_REPLY, type Refusal, type Replies, type Requests } from './protocol.ts';

/** Puts requests to an instance. */
export type Call = <A extends Action>(
  slot: Slot,
  action: A,
  request: Requests[A],
  timeoutMs?: number,
) => Promise<Replies[A]>;

/** Milliseconds. */
const TIMEOUT = 6000;

/** Calls instances of the pair of this port and directory. Rejects with why there is no reply, part of a sentence. */
export function callerOf(where: Where): Call {
  return (slot, action, request, timeoutMs = TIMEOUT) => {
    const text = JSON.stringify({ do: action, ...request });
    return callPath(controlPath(where, slot), text, timeoutMs).catch((error: unknown) => {
      throw reasonOf(error, where);
    }) as Promise<never>;
  };
}

// ---------------------------------------------------------------------------------------------------------------------

async function callPath(path: string, text: string, timeoutMs: number): Promise<unknown> {
  const fd = connectChannel(path);
  return new Promise((resolve, reject) => {
    const loop = new EventLoop(reject);
    const bytes = Buffer.alloc(LONGEST_REPLY + 1);
    const watchId = loop.watch(fd, READABLE, {
      ready() {
        const length = receiveMessage(fd, bytes, new Int32Array(1));
        if (length !== -EAGAIN) end(() => resolve(readReply(bytes, length)));
      },
    });
    const timer = setTimeout(
      () => end(() => reject(new Error(`no reply within ${timeoutMs} ms`))),
      timeoutMs,
    );
    function end(finish: () => void): void {
      clearTimeout(timer);
      loop.unwatch(fd, watchId);
      loop.close();
      close(fd);
      try {
        finish();
      } catch (error) {
        reject(error);
      }
    }
    const request = Buffer.from(text);
    const sent = sendMessage(fd, request, request.length, new Int32Array(0));
    if (sent < 0) end(() => reject(new Error(`the request cannot be sent (errno ${-sent})`)));
  });
}

function readReply(bytes: Buffer, length: number): unknown {
  if (length <= 0) throw new Error('it hung up: it is asked by too many at once, or has just ended');
  const reply: unknown = JSON.parse(bytes.toString('utf8', 0, length));
  if (typeof reply === 'object' && reply !== null && 'error' in reply)
    throw new Error((reply as Refusal).error);
  return reply;
}

function reasonOf(error: unknown, where: Where): Error {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new Error(`none listens in ${channelDirectory(where)} for port ${where.port}`);
    case 'EACCES':
      return new Error(
        `${channelDirectory(where)} cannot be opened: only root and the user of the instances may ask`,
      );
    default:
      return new Error(messageOf(error));
  }
}

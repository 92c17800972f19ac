// log-sink — writes log lines to a file descriptor, and never waits for its reader: DNS goes on without a log.
//
// A reader that has stopped would stall every write: of a pipe, a socket (journald, the one a supervisor gives), a terminal
// after Ctrl-S, a file system that hangs. What cannot be taken now is dropped and counted. Lines are written in the call where
// that cannot wait, so that the last one before an exit is there:
//
//     pipe, terminal    opened again through /proc, so that O_NONBLOCK is set for us alone, not for the shell or the twin
//     socket            sent with MSG_DONTWAIT
//     all others        written by a thread

import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { ECONNRESET, EPIPE, write as sendNow } from 'node-reuseport';
import { errnoOf } from '../errors.ts';
import { Dropped } from './dropped.ts';
import { createThreadSink } from './thread-sink.ts';

/** Writes some of the bytes; a number below their length if the rest is not taken, 0 if nothing is. @throws when none ever is */
type WriteSome = (bytes: Buffer) => number;

/**
 * @param onGone the reader of a pipe, socket or terminal is gone for good; told once
 * @returns writes a line, which ends with a newline
 */
export function createLogSink(fd: number, onGone: () => void = () => {}): (line: string) => void {
  const dropped = new Dropped(onGone);
  const writeSome = writerOf(fd);
  if (writeSome === undefined) return createThreadSink(fd, dropped);
  /** The end of a line of which the beginning was taken. */
  let rest: Buffer = Buffer.alloc(0);
  /** Whether all of it was taken, or will be before anything else. */
  const put = (text: string): boolean => {
    if (rest.length > 0) rest = rest.subarray(writeSome(rest));
    if (rest.length > 0) return false;
    const bytes = Buffer.from(text);
    const taken = writeSome(bytes);
    if (taken > 0) rest = bytes.subarray(taken);
    return taken > 0;
  };
  return (line) => dropped.write(line, put);
}

// ---------------------------------------------------------------------------------------------------------------------

/** Undefined where a write may wait. */
function writerOf(fd: number): WriteSome | undefined {
  const stat = fstatSync(fd);
  if (stat.isSocket()) return toSocket(fd);
  const own = stat.isFIFO() || stat.isCharacterDevice() ? reopened(fd) : undefined;
  return own === undefined ? undefined : toOwn(own);
}

/** Undefined for a pipe of another user, or without /proc. */
function reopened(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

function toOwn(fd: number): WriteSome {
  return (bytes) => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') return 0;
      throw errnoOf(error) === 'EIO' ? readerGone() : error; // EIO: the terminal was closed
    }
  };
}

function toSocket(fd: number): WriteSome {
  return (bytes) => {
    const sent = sendNow(fd, bytes, 0, bytes.length);
    if (sent === -EPIPE || sent === -ECONNRESET) throw readerGone();
    return Math.max(0, sent); // no room, or no memory: that passes
  };
}

function readerGone(): Error {
  return Object.assign(new Error('the reader of the log is gone'), { code: 'EPIPE' });
}

// thread-sink — writes log lines where a write may wait for ever: a file, whose file system may hang; a pipe of another user.
//
// The writes are done by libuv's threads, one at a time, so that only one of these can hang; the event loop never does. What
// comes meanwhile waits here, up to a bound.
//
// A write takes whole lines, no more than a pipe takes in one piece (PIPE_BUF): the exit may have to write while one is under way.

import { write, writeSync } from 'node:fs';
import { errnoOf } from '../errors.ts';
import type { Dropped } from './dropped.ts';

/** Bytes that may wait. */
const WAITING = 2 * 2 ** 20;
/** A write under way for longer than this will not end, milliseconds: the exit, which would wait for its thread, is cut short. */
const HUNG = 200;
/** What a write that is not hung needs at most, nearly always, milliseconds; the exit waits this long so that lines stay in order. */
const ENDING = 10;

/** PIPE_BUF of Linux, bytes: what a pipe takes without bytes of another write in between (pipe(7)). */
const ONE_PIECE = 4096;

const NEWLINE = 10;

/** @returns writes a line, which ends with a newline */
export function createThreadSink(fd: number, dropped: Dropped): (line: string) => void {
  let waiting: Buffer[] = [];
  let bytes = 0;
  /** Of what no longer waits, what is not under way yet. */
  let taken: Buffer = Buffer.alloc(0);
  /** When the write under way began, on the clock of `performance`. */
  let since: number | undefined;

  const take = () => {
    taken = Buffer.concat([taken, ...waiting]);
    waiting = [];
    bytes = 0;
  };
  const next = () => {
    if (since !== undefined) return;
    if (taken.length === 0) take();
    if (taken.length === 0) return;
    const what = taken.subarray(0, pieceOf(taken));
    taken = taken.subarray(what.length);
    since = performance.now();
    write(fd, what, 0, what.length, null, (error, written) => {
      since = undefined;
      if (error !== null) dropped.add(linesIn(what), error);
      else if (written < what.length) taken = Buffer.concat([what.subarray(written), taken]);
      next();
    });
  };
  const put = (line: string): boolean => {
    if (bytes > WAITING) return false;
    const added = Buffer.from(line);
    waiting.push(added);
    bytes += added.length;
    return true;
  };

  process.on('exit', () => {
    if (since !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ENDING);
    // Its reason was told by the lines before; no exit status is worth a process that serves no more and does not end.
    if (since !== undefined && performance.now() - since > HUNG) process.kill(process.pid, 'SIGKILL');
    take();
    writeAtExit(fd, taken);
  });
  return (line) => {
    dropped.write(line, put);
    next();
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Whole lines that go in one piece; one that is longer by itself. */
function pieceOf(text: Buffer): number {
  const end = text.lastIndexOf(NEWLINE, ONE_PIECE - 1);
  return end >= 0 ? end + 1 : text.indexOf(NEWLINE) + 1 || text.length;
}

function linesIn(text: Buffer): number {
  let lines = 0;
  for (const byte of text) if (byte === NEWLINE) lines++;
  return lines;
}

function writeAtExit(fd: number, bytes: Buffer): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

// thread-sink — writes log lines where a write may wait for ever: a file, whose file system may hang; a pipe of another user.
//
// The writes are done by libuv's threads, one at a time, so that only one of these can hang; the event loop never does. What
// comes meanwhile waits here, up to a bound.

import { write, writeSync } from 'node:fs';
import { errnoOf } from '../errors.ts';
import type { Dropped } from './dropped.ts';

/** Bytes that may wait. */
const WAITING = 2 * 2 ** 20;
/** A write under way for longer than this will not end, milliseconds: the exit, which would wait for its thread, is cut short. */
const HUNG = 200;
/** What a write that is not hung needs at most, nearly always, milliseconds; the exit waits this long so that lines stay in order. */
const ENDING = 10;

const NEWLINE = 10;

/** @returns writes a line, which ends with a newline */
export function createThreadSink(fd: number, dropped: Dropped): (line: string) => void {
  let waiting: Buffer[] = [];
  let bytes = 0;
  /** When the write under way began, on the clock of `performance`. */
  let since: number | undefined;

  const begin = (what: Buffer) => {
    since = performance.now();
    write(fd, what, 0, what.length, null, (error, written) => {
      since = undefined;
      if (error === null && written < what.length) return begin(what.subarray(written));
      if (error !== null) dropped.add(linesIn(what), error);
      next();
    });
  };
  const take = (): Buffer => {
    const all = Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
    return all;
  };
  const next = () => {
    if (since === undefined && bytes > 0) begin(take());
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
    if (bytes > 0) writeAtExit(fd, take());
  });
  return (line) => {
    dropped.write(line, put);
    next();
  };
}

// ---------------------------------------------------------------------------------------------------------------------

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

// log-sink — writes log lines to a file descriptor at once, and never waits for a slow reader.
//
// Synchronous, so that the last line before an exit is there. A pipe whose reader has stopped would stall every write, and
// with it DNS; such a line is dropped and counted instead. Setting O_NONBLOCK on our own descriptor would set it for everybody
// who shares it (the shell, the twin), so a pipe is opened again through /proc, which gives a description of our own.

import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { errnoOf } from '../errors.ts';

export function createLogSink(fd: number): (line: string) => void {
  const own = withoutWaiting(fd);
  let dropped = 0;
  return (line) => {
    try {
      if (dropped > 0) {
        writeSync(
          own,
          `${JSON.stringify({ level: 'warn', msg: 'log lines dropped, reader too slow', dropped })}\n`,
        );
        dropped = 0;
      }
      writeSync(own, line);
    } catch (error) {
      // EAGAIN: pipe full. EPIPE, EIO, ENOSPC: nobody reads any more or the disk is full; DNS goes on without a log.
      if (errnoOf(error) === undefined) throw error;
      dropped++;
    }
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function withoutWaiting(fd: number): number {
  try {
    if (!fstatSync(fd).isFIFO()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd; // a pipe of another user's, or no /proc: waiting is better than no log
  }
}

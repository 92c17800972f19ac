// pid-file — the number of this process in a file, for programs that wait for it or send it signals.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from './errors.ts';
import type { Log } from './log/log.ts';

/** A file that cannot be written keeps no client from its answers: it is told. @returns removes it, unless it is another's by then */
export function writePidFile(path: string, log: Pick<Log, 'error'>): () => void {
  const text = `${process.pid}\n`;
  try {
    writeFileSync(path, text);
  } catch (error) {
    log.error('the file of --pid-file cannot be written', { file: path, reason: messageOf(error) });
    return () => {};
  }
  return () => {
    try {
      if (readFileSync(path, 'utf8') === text) rmSync(path, { force: true });
    } catch {
      // It is gone, or what it is in may not be written to any more.
    }
  };
}

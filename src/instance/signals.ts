// signals — what ends an instance, and what would end it by itself and does not.

import type { Config } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { onParentGone } from '../pair/parent.ts';

export type End = (reason: string, status?: number) => void;

/** What is ended. */
export interface Mortal {
  stop(reason: string): Promise<void>;
  /** Waits for no twin any longer; false when it did not. */
  hurry(): boolean;
}

/** From the first moment: by itself SIGHUP would end the process, and SIGUSR1 open a debugger. What reads files heeds them besides. */
export function outliveSignals(
  { upstreamFile, corefile }: Pick<Config, 'upstreamFile' | 'corefile'>,
  log: Log,
): void {
  process.on('SIGHUP', () => {
    if (upstreamFile === undefined && corefile === undefined)
      log.info('SIGHUP: there is no file that could be read again');
  });
  process.on('SIGUSR1', () => {
    if (corefile === undefined) log.info('SIGUSR1: no debugger is opened');
  });
}

/**
 * The first wish to stop is granted in order, the second at once; where a twin is waited for, that is what it ends.
 *
 * @param mortal undefined while there is nothing to be stopped but the process
 */
export function endOnSignals(log: Log, mortal: () => Mortal | undefined): End {
  let stopping = false;
  function end(reason: string, status = 0): void {
    if (stopping && mortal()?.hurry()) return log.info('the twin is waited for no longer', { reason });
    if (stopping) process.exit(1);
    stopping = true;
    log.info('stopping', { reason });
    Promise.resolve(mortal()?.stop(reason)).then(
      () => {
        log.info('stopped', { ms: Math.round(performance.now()) });
        process.exit(status);
      },
      (error: unknown) => {
        if (error instanceof TwindnsError) log.error(error.message);
        else log.error('stopping failed', { err: error });
        process.exit(error instanceof TwindnsError ? error.exitCode : 1);
      },
    );
  }
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  onParentGone(() => end('parent gone'));
  return end;
}

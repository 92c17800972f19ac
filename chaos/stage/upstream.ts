// upstream — the server behind the subjects, as the suite sees it: its port, and how it is made slow or silent.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../src/config.ts';

/** How it behaves from now on. */
export interface UpstreamMood {
  /** Milliseconds added to each answer's own delay. */
  readonly extraDelay: number;
  /** Reads, and says nothing. */
  readonly silent: boolean;
  /** A connection gets its answers in the order of its questions. */
  readonly inOrder: boolean;
  /** A connection is ended behind its first answer, whatever else was asked on it. */
  readonly closes: boolean;
  /** The share of datagrams that are lost, of those that come and of those that leave. */
  readonly loss: number;
}

export const usual: UpstreamMood = { extraDelay: 0, silent: false, inOrder: false, closes: false, loss: 0 };

export class Upstream {
  readonly port: number;
  /** 0 where it has no certificate. */
  readonly tlsPort: number;
  readonly #child: ChildProcess;

  /**
   * @param at with port 0, the kernel chooses
   * @param certificate a path; with it, TLS is served at a port of its own
   */
  static async start(
    at: Endpoint = { address: '127.0.0.1', port: 0 },
    certificate?: string,
  ): Promise<Upstream> {
    const file = fileURLToPath(new URL('upstream-process.js', import.meta.url));
    const child = fork(
      file,
      [at.address, String(at.port), ...(certificate === undefined ? [] : [certificate])],
      {
        execArgv: ['--max-semi-space-size=4'],
      },
    );
    const told = once(child, 'message') as Promise<[{ port: number; tlsPort: number }]>;
    const ended = once(child, 'exit').then(() => {
      throw new Error('the upstream ended before it listened: its port was taken. Run again.');
    });
    const [{ port, tlsPort }] = await Promise.race([told, ended]);
    ended.catch(() => {}); // from now on its end is expected
    return new Upstream(child, port, tlsPort);
  }

  private constructor(child: ChildProcess, port: number, tlsPort: number) {
    this.#child = child;
    this.port = port;
    this.tlsPort = tlsPort;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  behave(mood: Partial<UpstreamMood> = {}): void {
    this.#child.send({ ...usual, ...mood } satisfies UpstreamMood);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

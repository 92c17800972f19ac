// dnsperf — a load nobody here wrote: asks a file of questions again and again, and counts what came back.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../src/config.ts';
import { runToEnd } from './program.ts';

export interface Load {
  /** `name type`, one each. */
  readonly questions: readonly string[];
  /** How often all of them are asked. */
  readonly rounds: number;
  readonly transport?: 'udp' | 'tcp';
  readonly clients?: number;
}

export interface Counts {
  readonly sent: number;
  readonly answered: number;
  /** By RCODE's name. */
  readonly rcodes: ReadonlyMap<string, number>;
  /** What it printed, for the message when a test fails. */
  readonly output: string;
}

export async function dnsperf({ address, port }: Endpoint, load: Load): Promise<Counts> {
  const { questions, rounds, transport = 'udp', clients = 4 } = load;
  const folder = mkdtempSync(join(tmpdir(), 'twindns-dnsperf-'));
  const file = join(folder, 'questions');
  writeFileSync(file, `${questions.join('\n')}\n`);
  const target = ['-s', address, '-p', String(port), '-m', transport];
  const amount = ['-d', file, '-n', String(rounds), '-l', '30', '-t', '2'];
  try {
    const command = ['dnsperf', ...target, ...amount, '-c', String(clients), '-q', '100', '-b', '1024'];
    const { stdout, stderr } = await runToEnd(command, { timeoutMs: 40_000 });
    const number = (label: string) => Number(new RegExp(`${label}: +(\\d+)`).exec(stdout)?.[1] ?? Number.NaN);
    const rcodes = /Response codes: +(.*)/.exec(stdout)?.[1] ?? '';
    return {
      sent: number('Queries sent'),
      answered: number('Queries completed'),
      rcodes: new Map(
        [...rcodes.matchAll(/(\w+) (\d+) \(/g)].map(([, name, count]) => [name!, Number(count)]),
      ),
      output: stdout + stderr,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

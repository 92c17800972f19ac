// dnsperf — a load and a count by a program that is not ours: asks at a rate for a time and tells how many queries were lost.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Endpoint } from '../src/config.ts';
import type { Chance } from './load/chance.ts';
import type { Account } from './load/ledger.ts';
import type { Witness } from './scenario.ts';

export interface DnsperfPlan {
  readonly target: Endpoint;
  readonly folder: string;
  readonly rate: number;
  readonly seconds: number;
  readonly chance: Chance;
}

const QUESTIONS = 20_000;

export class Dnsperf implements Witness {
  readonly #child: ChildProcess;
  readonly #output: Promise<string>;

  constructor({ target, folder, rate, seconds, chance }: DnsperfPlan) {
    const file = `${folder}/questions`;
    writeFileSync(file, questions(chance));
    const where = ['-s', target.address, '-p', String(target.port), '-m', 'udp', '-d', file];
    const amount = [
      '-Q',
      String(rate),
      '-l',
      String(seconds),
      '-c',
      '64',
      '-q',
      '20000',
      '-t',
      '5',
      '-T',
      '1',
    ];
    this.#child = spawn('dnsperf', [...where, ...amount], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    this.#output = new Promise((resolve, reject) => {
      this.#child.once('error', () => reject(new Error('dnsperf is missing: install the package dnsperf.')));
      this.#child.once('close', () => resolve(output));
    });
    this.#output.catch(() => {}); // `finish` tells of it
  }

  async finish(): Promise<Account> {
    return readDnsperf(await this.#output);
  }

  abandon(): void {
    this.#child.kill('SIGKILL');
  }
}

/** What dnsperf printed, as an account: it tells the mean and the worst delay, no p99.9. */
export function readDnsperf(output: string): Account {
  const number = (label: string): number => {
    const found = new RegExp(`${label}:?\\s+([\\d.]+)`).exec(output)?.[1];
    if (found === undefined) throw new Error(`dnsperf printed no "${label}": ${output.slice(-400)}`);
    return Number(found);
  };
  const completed = number('Queries completed');
  const right = ['NOERROR', 'NXDOMAIN'].map((rcode) =>
    Number(new RegExp(`${rcode} (\\d+)`).exec(output)?.[1] ?? 0),
  );
  const worst = Number(/\(min [\d.]+, max ([\d.]+)\)/.exec(output)?.[1] ?? 0) * 1000;
  return {
    sent: number('Queries sent'),
    once: completed,
    twice: 0,
    wrong: completed - right[0]! - right[1]!,
    never: number('Queries lost'),
    late: 0,
    p50: number('Average Latency \\(s\\)') * 1000,
    p999: 0,
    worst,
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function questions(chance: Chance): string {
  const lines = Array.from({ length: QUESTIONS }, (_, i) => {
    const name = chance.next() < 0.05 ? `miss-dnsperf${i}` : `hit-${chance.below(200)}`;
    return `${name}.${chance.pick(['chaos.example', 'chaos.cluster.local'])} A`;
  });
  return `${lines.join('\n')}\n`;
}

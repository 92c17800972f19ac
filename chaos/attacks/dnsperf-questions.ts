// dnsperf-questions — questions of one pod over UDP at a rate that takes a program in C, each for a name of its own.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { podAddress } from '../host/addresses.ts';
import { begin, end, planOf } from './attacker.ts';

interface Further {
  /** Its address. */
  readonly pod?: number;
  /** Asked in turn; `#` stands for what makes a name new. */
  readonly names: readonly string[];
  readonly rate: number;
  /** Seconds after which a question counts as never answered; 5 unless given, as clients give up then. */
  readonly patience?: number;
}

/** Questions that may be open: none waits for another's answer. */
const OPEN = 200_000;
const SOCKETS = 32;

const { target, ms, run, pod = 1, names, rate, patience = 5 } = planOf<Further>();
const seconds = Math.ceil(ms / 1000);
const folder = mkdtempSync(join(tmpdir(), 'twindns-attack-'));
const lines = Array.from(
  { length: rate * seconds },
  (_, i) => `${names[i % names.length]!.replace('#', `${run}-${i}`)} A\n`,
);
writeFileSync(`${folder}/questions`, lines.join(''));
const dnsperf = spawn(
  'setpriv',
  [
    ...['--pdeathsig', 'KILL', 'dnsperf', '-s', target.address, '-p', String(target.port)],
    ...['-a', podAddress(1, pod), '-d', `${folder}/questions`, '-Q', String(rate), '-l', String(seconds)],
    ...['-c', String(SOCKETS), '-q', String(OPEN), '-t', String(patience), '-T', '1', '-e'],
  ],
  { stdio: ['ignore', 'pipe', 'ignore'] },
);
let output = '';
dnsperf.stdout.setEncoding('utf8').on('data', (text: string) => {
  output += text;
});
begin();
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
dnsperf.once('close', () => {
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0);
  end({
    'questions sent': number(/Queries sent:\s+(\d+)/),
    'answered with a failure': number(/SERVFAIL (\d+)/),
    'never answered': number(/Queries lost:\s+(\d+)/),
  });
});

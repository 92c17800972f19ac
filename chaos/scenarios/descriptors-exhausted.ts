// descriptors-exhausted — an instance may open nothing more, while connections and upstreams want it to.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const descriptorsExhausted: Scenario = {
  name: 'descriptors-exhausted',
  purpose: 'The limit of open files of an instance is lowered to what it has, and raised again.',
  expects: { twindns: 'no loss' },
  times: { quick: 6, thorough: 300 },
  delay: { ms: 250, share: 0.001 },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const { pid } = stage.own!.member(slot);
    const before = limitOf(pid);
    const highest = Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number));
    const ms = Math.round(chance.magnitude(50, 2000));
    stage.happened(`no descriptors for ${slot}, ${ms} ms`);
    limit(pid, `${highest + 1}:`);
    await pause(ms); // the disaster itself, not a wait for something
    limit(pid, `${before}:`);
    await stage.own!.met();
  },
};

function limitOf(pid: number): string {
  return execFileSync('prlimit', ['--nofile', '--pid', String(pid), '--output=SOFT', '--noheadings'])
    .toString()
    .trim();
}

function limit(pid: number, soft: string): void {
  execFileSync('prlimit', [`--nofile=${soft}`, '--pid', String(pid)]);
}

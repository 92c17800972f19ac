// abort-with-core — an instance crashes and its memory is written out: it is dead, and its sockets stay open meanwhile.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const abortWithCore: Scenario = {
  name: 'abort-with-core',
  purpose: 'An instance crashes with SIGABRT and leaves a core file.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 5, thorough: 200 },
  delay: { ms: 250, share: 0.001 },
  intrudes: true,
  async strike(stage, chance) {
    const { folder, subject } = stage.own!;
    const slot = chance.pick(slots);
    const member = stage.own!.member(slot);
    execFileSync('prlimit', ['--core=unlimited', '--pid', String(member.pid)]);
    stage.happened(`SIGABRT ${slot}`);
    await member.end('SIGABRT');
    const place = subject === 'unbound' ? `${folder}/unbound-${slot}` : folder;
    const cores = readdirSync(place).filter((name) => /^core(\.\d+)?$/.test(name));
    if (cores.length === 0) stage.note(`No core file was left: core_pattern is ${corePattern()}.`);
    for (const core of cores) rmSync(`${place}/${core}`);
    await stage.start(slot);
  },
};

function corePattern(): string {
  return readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
}

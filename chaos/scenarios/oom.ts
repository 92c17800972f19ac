// oom — the kernel kills an instance because its memory cgroup is full, as Kubernetes' limits do.

import { slots } from '../../src/config.ts';
import { MemoryCgroup } from '../host/memory-cgroup.ts';
import type { Scenario } from '../scenario.ts';

/** Bytes the instance may take beyond what it has. */
const ROOM = 24 << 20;

export const oom: Scenario = {
  name: 'oom',
  purpose: 'An instance fills its memory cgroup and is killed by the kernel.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 5, thorough: 200 },
  delay: { ms: 250, share: 0.001 },
  changes: { faults: ['grow'] },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const member = stage.own!.member(slot);
    const cgroup = new MemoryCgroup(`twindns-chaos-${member.pid}`, ROOM);
    try {
      cgroup.add(member.pid);
      stage.happened(`out of memory: ${slot}`);
      member.command('grow', 0);
      const how = await member.gone;
      if (how !== 'SIGKILL') throw new Error(`the kernel did not kill the ${slot}: ${how}`);
    } finally {
      cgroup.remove();
    }
    await stage.start(slot);
  },
};

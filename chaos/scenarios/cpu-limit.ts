// cpu-limit — both instances have a CPU limit that one of them alone just serves by, and are killed in turn.

import { setTimeout as pause } from 'node:timers/promises';
import { type Slot, slots } from '../../src/config.ts';
import { CpuCgroup } from '../host/cpu-cgroup.ts';
import { hotAndNew } from '../load/hot-and-new.ts';
import type { Scenario } from '../scenario.ts';
import type { OwnStage } from '../stage/stage.ts';

/** Thousandths of a processor, of each instance. */
const LIMIT = 100;
/** Milliseconds from the start of one instance to the death of the other. */
const BETWEEN = 3000;
const deaths = { quick: 3, thorough: 20 } as const;

export const cpuLimit: Scenario = {
  name: 'cpu-limit',
  purpose: 'Each instance has a CPU limit of 100m, from its start on; they are killed in turn every 3 s.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 1, thorough: 3 },
  rate: 1500,
  connections: 20,
  questions: hotAndNew,
  intrudes: true,
  async strike(stage, _chance, { thorough }) {
    const own = stage.own!;
    const groups = new Map<Slot, CpuCgroup>();
    try {
      for (const slot of slots) {
        const group = new CpuCgroup(`twindns-chaos-${own.member(slot).pid}`, { limit: LIMIT });
        groups.set(slot, group);
        group.add(own.member(slot).pid);
      }
      for (let i = 0; i < deaths[thorough ? 'thorough' : 'quick']; i++) {
        const slot = slots[i % slots.length]!;
        await pause(BETWEEN); // the disaster itself, not a wait for something
        stage.happened(`SIGKILL ${slot}`);
        await stage.end(slot, 'SIGKILL');
        await startWithin(groups.get(slot)!, own, slot);
      }
      const throttled = [...groups.values()].map((group) => group.throttled);
      if (throttled.some((times) => times === 0)) stage.failed('An instance was never kept from running.');
      stage.note(`Kept from running in ${throttled.join(' and ')} periods of 100 ms.`);
    } finally {
      for (const [slot, group] of groups) {
        group.release(own.member(slot).pid);
        group.remove();
      }
    }
  },
};

// ---------------------------------------------------------------------------------------------------------------------

/** Held to it before it has run for more than a moment. */
async function startWithin(group: CpuCgroup, own: OwnStage, slot: Slot): Promise<void> {
  const member = own.launch(slot);
  group.add(member.pid);
  await member.serves;
  await own.met();
}

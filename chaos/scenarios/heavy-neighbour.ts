// heavy-neighbour — other containers take all they can get of each processor; an instance gets what its requests weigh.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { Attack } from '../attacks/attack.ts';
import { CpuCgroup } from '../host/cpu-cgroup.ts';
import { hotAndNew } from '../load/hot-and-new.ts';
import type { Scenario } from '../scenario.ts';

/**
 * Thousandths of a processor: those of an instance, as in manifests/base, and of a neighbour that fills a node of four. In cgroups
 * of version 1 they are 204 and 4096 shares. Whether clients and servers get their time is not the question here.
 */
const REQUESTS = { instance: 200, neighbour: 4000, others: 64_000 } as const;
const length = { quick: 10_000, thorough: 60_000 } as const;

export const heavyNeighbour: Scenario = {
  name: 'heavy-neighbour',
  purpose: 'Another container, of 20 times the weight of an instance, keeps each processor busy.',
  expects: { twindns: 'no loss' },
  times: { quick: 1, thorough: 5 },
  rate: 500,
  connections: 20,
  questions: hotAndNew,
  intrudes: true,
  async strike(stage, _chance, { thorough }) {
    const ms = length[thorough ? 'thorough' : 'quick'];
    // Until it is stopped: a process that is ending keeps its group from being removed.
    const plan = { target: stage.target, admins: [], ms: 2 * ms, run: '', share: 1 };
    const burner = new Attack('burner', plan);
    const run = process.pid;
    const groups: CpuCgroup[] = [];
    const pids: number[] = [];
    const place = (name: string, request: number, ...members: readonly number[]) => {
      const group = new CpuCgroup(`twindns-chaos-${run}-${name}`, { request });
      groups.push(group);
      pids.push(...members);
      for (const pid of members) group.add(pid);
    };
    try {
      for (const slot of slots) place(slot, REQUESTS.instance, stage.own!.member(slot).pid);
      place('neighbour', REQUESTS.neighbour, burner.pid);
      place('others', REQUESTS.others, run, stage.own!.upstream.pid);
      await burner.begun;
      stage.happened('a heavy neighbour');
      await pause(ms); // the disaster itself, not a wait for something
    } finally {
      for (const pid of pids) groups[0]?.release(pid);
      for (const group of groups) group.remove();
      burner.stop();
    }
  },
};

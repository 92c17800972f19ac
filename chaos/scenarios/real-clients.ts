// real-clients — programs with client libraries look names up, each in surroundings of its own, while the instances are struck in
// turn; what came of it is counted at the API of the library, behind its own retries.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { Client, settings } from '../clients/client.ts';
import { LATE, LookUps } from '../clients/look-ups.ts';
import { podsFound, services } from '../clients/pods.ts';
import { buildPrograms, type Programs } from '../clients/programs.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage/stage.ts';

/** Milliseconds for which a stopped instance stays so. */
const STOPPED = 1000;
/** Between two strikes, milliseconds. */
const PERIOD = 1500;
const signals = ['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const;

/** Of each stage. */
const built = new WeakMap<Stage, Programs>();

export const realClients: Scenario = {
  name: 'real-clients',
  purpose:
    'Programs with glibc, musl, Go, Node and dnspython look names up, in 17 settings, while the instances get SIGKILL, SIGTERM and SIGSTOP in turn.',
  expects: { twindns: 'no loss', unbound: 'loss' },
  times: { quick: 6, thorough: 56 },
  delay: { ms: LATE, share: 0.001 },
  rate: 200,
  connections: 20,
  // Libraries ask at port 53 and no other.
  changes: { port: 53 },
  intrudes: true,
  async witness(stage, _, chance) {
    const { folder } = stage.own!;
    const programs = await buildPrograms(folder);
    built.set(stage, programs);
    for (const sentence of programs.missing) stage.note(sentence);
    const clients = settings
      .filter(({ library }) => programs.found.has(library))
      .map((setting) => new Client(setting, programs, folder, stage.target.address));
    return new LookUps(clients, chance, (sentence) => stage.note(sentence));
  },
  async strike(stage, _, { index }) {
    const slot = slots[index % 2]!;
    const signal = signals[Math.floor(index / 2) % signals.length]!;
    await pause(PERIOD - 150); // the runner pauses, too
    stage.happened(`${signal} ${slot}`);
    if (signal !== 'SIGSTOP') {
      await stage.end(slot, signal);
      return stage.start(slot);
    }
    const { pid } = stage.own!.member(slot);
    process.kill(pid, signal);
    await pause(STOPPED);
    process.kill(pid, 'SIGCONT');
  },
  async check(stage) {
    const found = await podsFound(built.get(stage)!, stage.own!.folder, stage.target.address);
    stage.note(`Pods found of ${services.join(', ')}: ${[...found].map(textOf).join('; ')}.`);
    if (stage.subject !== 'twindns') return;
    for (const [library, pods] of found)
      if (pods.join() !== services.join())
        stage.failed(`${library} did not find all pods: ${pods.join(', ')}.`);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function textOf([library, pods]: readonly [string, readonly number[]]): string {
  return `${library} ${pods.join(', ')}`;
}

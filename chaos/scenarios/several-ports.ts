// several-ports — the pair serves two ports by a Corefile, and the load asks both: an instance is killed, frozen or replaced, or
// a third port is added to the Corefile of one slot after the other, and taken from it again.

import { setTimeout as pause } from 'node:timers/promises';
import { type Endpoint, formatEndpoint, type Slot, slots } from '../../src/config.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';
import { freePorts } from '../stage/free-ports.ts';
import type { OwnStage } from '../stage/stage.ts';
import { until } from '../stage/until.ts';

const NAME = 'hit-1.chaos.example';
/** Milliseconds: an instance is frozen for at most so long, and has read its Corefile again within so long. */
const FROZEN = 1500;
const READ = 5000;

export const severalPorts: Scenario = {
  name: 'several-ports',
  purpose:
    'Of a pair that serves two ports one is killed, frozen or replaced; or a third port comes and goes while both run.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 8, thorough: 400 },
  changes: { secondPort: true },
  intrudes: true,
  async strike(stage, chance, { index }) {
    const own = stage.own!;
    const slot = chance.pick(slots);
    const kind = kinds[index % kinds.length]!;
    if (kind === 'reload' && stage.subject === 'twindns') return thirdPort(own, slot);
    if (kind === 'freeze') {
      const ms = Math.round(chance.magnitude(10, FROZEN));
      stage.happened(`freeze ${slot} for ${ms} ms`);
      own.member(slot).signal('SIGSTOP');
      await pause(ms);
      own.member(slot).signal('SIGCONT');
      return own.met();
    }
    const signal = kind === 'kill' ? 'SIGKILL' : 'SIGTERM';
    stage.happened(`${signal} ${slot}`);
    await stage.end(slot, signal);
    await stage.start(slot);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

const kinds = ['kill', 'reload', 'renew', 'freeze'] as const;

/** One slot after the other serves it, and then no longer. */
async function thirdPort(own: OwnStage, first: Slot): Promise<void> {
  const [port] = await freePorts();
  const third: Endpoint = { ...own.target, port };
  const order = slots.toSorted((a) => (a === first ? -1 : 1));
  const serves = async (slot: Slot) =>
    (await own.status(slot)).listen.some(({ address }) => address.startsWith(`${formatEndpoint(third)}/`));
  const told = (slot: Slot, ports: readonly number[]) => {
    own.happened(`${slot} reads that it serves ${ports.length === 0 ? 'no' : 'a'} third port`);
    own.writeCorefile(slot, ports);
    own.member(slot).signal('SIGHUP');
  };
  const isAnswered = async () => {
    if ((await askOnce(third, NAME, 2000)) !== 0)
      own.failed('The third port is not answered, which an instance wants.');
  };
  for (const slot of order) {
    told(slot, [port]);
    if ((await until(() => serves(slot), READ)) === undefined)
      own.failed(`The ${slot} does not serve the third port 5 s after it was told.`);
    await isAnswered();
  }
  const [one, other] = order as [Slot, Slot];
  told(one, []);
  await isAnswered();
  told(other, []);
  const isOver = async () => !(await serves(one)) && !(await serves(other));
  if ((await until(isOver, READ)) === undefined)
    own.failed('The third port is served 5 s after no instance wants it.');
  if ((await askOnce(third, NAME, 300)) === 0)
    own.failed('The third port is answered, which no instance wants.');
}

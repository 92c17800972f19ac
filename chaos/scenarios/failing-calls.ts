// failing-calls — a system call of one instance fails, once, for a while, for ever, at its start, in a takeover.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { otherSlot, slots } from '../../src/config.ts';
import { type Case, callMatrix } from '../host/call-matrix.ts';
import type { Chance } from '../load/chance.ts';
import type { Scenario } from '../scenario.ts';
import type { OwnStage } from '../stage/stage.ts';

/** Milliseconds. */
const WHILE = 2000;
const EVER = 5000;
const INSTANT = 400;
const TAKEOVER = 1000;
/** Within this time twins that have met have told each other of their connections. */
const TOLD = 3000;
const LOOK = 20;
/** Within this time an instance has closed what it did not need. */
const CLEARED = 4000;
/** Descriptors that come and go with clients. */
const TRAFFIC = 40;
/** As /proc/net has it of UDP and TCP. */
const CONNECTED = '01';
/** Share of a processor beyond which an instance does nothing but fail. */
const SPIN = 0.8;
/** Calls that go well before the one of a start that fails, at most. */
const EARLIEST = 3;

const cases = callMatrix();

export const failingCalls: Scenario = {
  name: 'failing-calls',
  purpose:
    'A system call of one instance fails: once, for a while, for ever, at its start, while it takes over.',
  expects: { twindns: 'no loss' },
  times: { quick: 12, thorough: cases.length },
  rate: 800,
  changes: { failingCalls: true },
  intrudes: true,
  strike: (stage, chance, { index }) => new Strike(stage.own!, cases[index % cases.length]!).run(chance),
};

/** One case of the matrix. */
export class Strike {
  readonly #stage: OwnStage;
  readonly #case: Case;
  readonly #what: string;

  constructor(stage: OwnStage, { slot, phase, fault }: Case) {
    this.#stage = stage;
    this.#case = { slot, phase, fault };
    this.#what = `${fault.call} ${fault.kind ?? ''} ${fault.errno} ${phase} of ${slot}`.replace('  ', ' ');
  }

  async run(chance: Chance): Promise<void> {
    const { slot, phase } = this.#case;
    await this.#told();
    this.#stage.happened(this.#what);
    if (phase === 'start') return this.#start(chance);
    const { pid } = this.#stage.member(slot);
    const descriptors = descriptorsOf(pid);
    const faults = this.#stage.failing(slot);
    const began = { at: performance.now(), used: processorTime(pid) };
    faults.set(this.#case.fault);
    await this.#pass();
    if (this.#member.alive) {
      const share = (processorTime(pid) - began.used) / (performance.now() - began.at);
      if (share > SPIN) this.#failed(`used ${Math.round(100 * share)} % of a processor`);
    }
    faults.clear();
    if (phase === 'takeover') await this.#stage.start(otherSlot(slot));
    if (await this.#revive()) return;
    await this.#stage.met();
    if (phase === 'ever') await this.#prove();
    await this.#cleared(pid, descriptors);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Resolves when each holds the other's connections: a death before that is another scenario's. */
  async #told(): Promise<void> {
    const end = performance.now() + TOLD;
    for (const slot of slots) {
      const untold = async () => {
        const { custody } = await this.#stage.status(slot);
        return custody.enabled && custody.untoldConnections > 0;
      };
      while (performance.now() < end && (await untold().catch(() => true))) await pause(LOOK);
    }
  }

  get #member() {
    return this.#stage.member(this.#case.slot);
  }

  async #pass(): Promise<void> {
    switch (this.#case.phase) {
      case 'while':
        await Promise.race([pause(WHILE), this.#member.gone]);
        return;
      case 'ever':
        await Promise.race([pause(EVER), this.#member.gone]);
        return;
      case 'takeover':
        await this.#stage.end(otherSlot(this.#case.slot), 'SIGKILL');
        await pause(TAKEOVER);
        return;
      default:
        await pause(INSTANT);
    }
  }

  /** It serves, or it ends and says why; the twin serves meanwhile. */
  async #start(chance: Chance): Promise<void> {
    const { slot, fault } = this.#case;
    const faults = this.#stage.failing(slot);
    await this.#stage.end(slot, 'SIGTERM');
    faults.set({ ...fault, after: chance.below(EARLIEST + 1) });
    const member = this.#stage.launch(slot);
    await member.serves.catch(() => {});
    await Promise.race([pause(INSTANT), member.gone]);
    faults.clear();
    await this.#revive();
    await this.#stage.met();
  }

  /** Starts it again if it has ended; an end without a reason is none in order. */
  async #revive(): Promise<boolean> {
    const { slot } = this.#case;
    const member = this.#member;
    if (member.alive) return false;
    const how = await member.gone;
    const reason = member.lines.find((line) => /this instance ends|^twindns: (?!unexpected)/.test(line));
    if (how !== 'exit code 1' || reason === undefined)
      this.#failed(`ended by ${how}: ${member.lines.slice(-3).join(' / ')}`);
    else this.#stage.note(`An instance ended: ${reason.replace(/^.*"msg":"([^"]*)".*$/, '$1')}.`);
    await this.#stage.start(slot);
    return true;
  }

  /** Now that nothing fails any more it serves by itself. */
  async #prove(): Promise<void> {
    const twin = otherSlot(this.#case.slot);
    await this.#stage.end(twin, 'SIGTERM');
    await pause(INSTANT);
    await this.#stage.start(twin);
  }

  async #cleared(pid: number, before: number): Promise<void> {
    const end = performance.now() + CLEARED;
    let now = descriptorsOf(pid);
    while (now > before + TRAFFIC && performance.now() < end) {
      await pause(100);
      now = descriptorsOf(pid);
    }
    if (now > before + TRAFFIC) this.#failed(`has ${now} descriptors instead of ${before}`);
  }

  #failed(sentence: string): void {
    this.#stage.failed(`After ${this.#what} it ${sentence}.`);
  }
}

/** Without those of clients and upstreams, which come and go: sockets that are connected. */
function descriptorsOf(pid: number): number {
  try {
    const connected = new Set(
      ['udp', 'tcp'].flatMap((name) =>
        readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .filter((fields) => fields[3] === CONNECTED)
          .map((fields) => `socket:[${fields[9]}]`),
      ),
    );
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).filter((fd) => !connected.has(linkOf(`${folder}/${fd}`))).length;
  } catch {
    return 0;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed since
  }
}

/** Milliseconds of processor time it has used. */
function processorTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

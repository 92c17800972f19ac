// schedule — one life of a pair: a seed chooses the order of everything, and what happens to which process in which call.
//
//     both start ─► both have met ─► disasters, and queries all the time ─► all is over ─► all is well again, or something is wrong

import { type Slot, slots } from '../../src/config.ts';
import { Chance } from './chance.ts';
import { Coverage } from './coverage.ts';
import { type Disaster, planDisasters } from './disasters.ts';
import type { Image } from './image.ts';
import type { Address } from './kernel/address.ts';
import { ChannelEnd } from './kernel/channel.ts';
import { type Director, Machine } from './kernel/machine.ts';
import type { Datagram, UdpSocket } from './kernel/udp.ts';
import { Pair } from './pair.ts';
import type { Process } from './process/process.ts';
import type { Instance } from './process/surroundings.ts';
import { Story } from './story.ts';
import { Ledger, type Query } from './world/ledger.ts';
import { Network } from './world/network.ts';
import type { TcpAsker } from './world/tcp-asker.ts';

/** Streams of a seed. */
const ORDER = 1;
const WORLD = 2;
const DISASTERS = 3;

/** Milliseconds after which two that start have met, or something is wrong. */
const MEET = 3000;
/** Milliseconds after the last disaster within which all is well again. */
const RECOVER = 6000;
/** Milliseconds between two disasters, at most. */
const IDLE = 300;
/** A schedule takes some hundred, or some thousand where it takes seconds: with more, a process is busy for nothing. */
const MOST_STEPS = 100_000;
const MOST_CALLS = 1_000_000;
/** Milliseconds within which an instance that runs all the while has answered what is its, or its twin's. */
const PATIENCE = 2000;
/** Milliseconds between two looks whether it is. */
const LOOK = 2;

export interface ScheduleOptions {
  readonly seed: number;
  /** Disasters that are left out, by their numbers. */
  readonly without?: ReadonlySet<number>;
  /** At most. */
  readonly queries?: number;
  /** Whether the order of processes is as even as can be. */
  readonly calm?: boolean;
  readonly failing?: boolean;
  /** Whether a story is wanted. */
  readonly tells?: boolean;
}

export interface Outcome {
  readonly seed: number;
  /** What is wrong; empty when nothing is. */
  readonly wrong: readonly string[];
  readonly digest: number;
  readonly story: Story;
  readonly disasters: readonly Disaster[];
  readonly struck: number;
  readonly queries: number;
  readonly excused: number;
  readonly ledger: Ledger;
  readonly coverage: Coverage;
  /** Simulated milliseconds. */
  readonly took: number;
}

export function runSchedule(image: Image, options: ScheduleOptions): Outcome {
  const { stackTraceLimit } = Error;
  if (options.tells !== true) Error.stackTraceLimit = 0; // stacks cost more than the calls that fail
  try {
    return new Schedule(image, options).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

class Schedule implements Director {
  readonly #options: ScheduleOptions;
  readonly #machine: Machine;
  readonly #pair: Pair;
  readonly #ledger: Ledger;
  readonly #network: Network;
  readonly #story: Story;
  readonly #world: Chance;
  readonly #disasters: readonly Disaster[];
  readonly #wrong: string[] = [];
  readonly #begun: number;
  readonly #coverage = new Coverage();
  #struck = 0;
  #steps = 0;
  #calls = 0;
  #lookAt = 0;
  /** The instance that is free to answer, and since when. */
  #free: Process | undefined;
  #freeSince = 0;
  /** Calls until the next disaster. */
  #countdown = Number.POSITIVE_INFINITY;
  /** … and when it comes if there are none: a pair that is asked nothing sleeps. */
  #latest = Number.POSITIVE_INFINITY;
  #queriesLeft: number;
  /** The process whose descriptors are being closed because it has died. */
  #closing: Process | undefined;

  constructor(image: Image, options: ScheduleOptions) {
    const { seed } = options;
    this.#options = options;
    this.#machine = new Machine(new Chance(seed, ORDER), this);
    this.#begun = this.#machine.now;
    this.#story = new Story(() => this.#machine.now - this.#begun, options.tells ?? false);
    this.#world = new Chance(seed, WORLD);
    this.#disasters = planDisasters(new Chance(seed, DISASTERS), { failing: options.failing ?? false });
    this.#pair = new Pair(this.#machine, image, seed);
    this.#ledger = new Ledger(() => this.#machine.now - this.#begun);
    this.#queriesLeft = Math.min(4 + this.#world.below(36), options.queries ?? 40);
    this.#network = new Network(this.#machine, this.#ledger, this.#world, {
      wrong: (what) => this.#isWrong(what),
      isServed: () => this.#pair.isServed,
      ended: (asker, open) => this.#connectionEnded(asker, open),
    });
  }

  run(): Outcome {
    const machine = this.#machine;
    for (const slot of slots) machine.after(this.#world.spread(0.1, 60), () => this.#pair.start(slot));
    if (this.#world.oneIn(4)) this.#arm(); // two that have not met yet
    this.#goOn(() => this.#pair.trouble === undefined || this.#countdown < Number.POSITIVE_INFINITY, MEET);
    if (this.#countdown === Number.POSITIVE_INFINITY) this.#arm();
    machine.after(this.#world.spread(0.1, 20), () => this.#ask());
    while (this.#isUnderWay() && this.#wrong.length === 0) this.#step();
    this.#goOn(() => this.#ledger.open.length === 0 && this.#pair.trouble === undefined, RECOVER);
    const outcome = {
      seed: this.#options.seed,
      wrong: this.#wrong,
      digest: machine.digest,
      story: this.#story,
      disasters: this.#disasters,
      struck: this.#struck,
      queries: this.#ledger.queries.length,
      ledger: this.#ledger,
      coverage: this.#coverage,
      excused: this.#ledger.queries.filter(({ excuse }) => excuse !== undefined).length,
      took: machine.now - this.#begun,
    };
    for (const process of this.#pair.processes)
      for (const memory of process.memories.splice(0)) memory.giveBack();
    return outcome;
  }

  called(process: Process, call: string): void {
    if (++this.#calls === MOST_CALLS) {
      this.#isWrong(`${process.name} makes calls without end, ${call} among them`);
      process.end();
    }
    if (--this.#countdown > 0 && this.#machine.now < this.#latest) return;
    const disaster = this.#disasters[this.#struck]!;
    this.#struck++;
    this.#arm();
    if (!this.#options.without?.has(disaster.number)) this.#strike(disaster, process, call);
  }

  exited(process: Process, status: number): void {
    this.tell(process, `exits with ${status}`);
    this.#dies(process, 0.3, this.#world.spread(3, 300));
  }

  tell(process: Process | undefined, what: string): void {
    this.#story.tell(process?.name, what);
  }

  received(process: Process, socket: UdpSocket, datagrams: readonly Datagram[]): void {
    this.#ledger.read(process, socket, datagrams);
  }

  dropped(socket: UdpSocket, datagrams: readonly Datagram[]): void {
    const closing = this.#closing;
    const heir = closing && this.#pair.heirOf(closing);
    for (const { from } of datagrams) {
      const query = this.#ledger.find(from);
      if (query === undefined) continue;
      this.#ledger.note(query, `socket ${socket.inode} ends with it in its queue`);
      if (closing !== undefined && heir === undefined)
        this.#ledger.excuse(query, `it waited in a socket of ${closing.name}, which no twin held`);
      else this.#isWrong(`socket ${socket.inode} is closed with query ${query.number} in its queue`);
    }
  }

  left(process: Process, from: Address, to: Address, bytes: Uint8Array): void {
    this.#network.left(process, from, to, bytes);
  }

  retired(process: Process, socket: UdpSocket): void {
    this.tell(process, `takes socket ${socket.inode} out of its group`);
    const owner = this.#pair.ownerOf(socket);
    if (owner !== undefined && owner.process !== process && !owner.isToldToStop)
      this.#isWrong(`${process.name} retires socket ${socket.inode} of ${owner.process.name}, which lives`);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #isWrong(what: string): void {
    this.#story.tell(undefined, `WRONG: ${what}`);
    this.#wrong.push(what);
  }

  #arm(): void {
    this.#countdown = this.#disasters[this.#struck]?.gap ?? Number.POSITIVE_INFINITY;
    this.#latest = Number.isFinite(this.#countdown) ? this.#machine.now + IDLE : Number.POSITIVE_INFINITY;
  }

  #isUnderWay(): boolean {
    return this.#struck < this.#disasters.length || this.#queriesLeft > 0;
  }

  #ask(): void {
    if (this.#queriesLeft-- <= 0) return;
    if (this.#world.oneIn(5)) this.#network.connect();
    else this.#network.ask();
    this.#machine.after(this.#world.spread(0.05, 30), () => this.#ask());
  }

  /** A client's connection has ended before it had all its answers. */
  #connectionEnded(asker: TcpAsker, open: readonly Query[]): void {
    const closing = this.#closing;
    const actor = this.#machine.actor;
    const by = closing ?? actor;
    const heir = closing && this.#pair.heirOf(closing);
    const mayEnd =
      asker.isSlow || // the answer it was getting is torn
      (closing !== undefined && (heir === undefined || !asker.isToldTo(heir.pid))) ||
      (by !== undefined && this.#pair.instances.some((one) => one.process === by && one.isToldToStop));
    for (const query of open) {
      if (mayEnd) this.#ledger.excuse(query, `its connection is ended by ${by?.name ?? 'the kernel'}`);
      else
        this.#isWrong(
          `query ${query.number} is open when its connection is ended by ${by?.name ?? 'the kernel'}`,
        );
      this.#tellPath(query);
    }
  }

  /** Until that is so; within `ms`, or it is wrong that it is not. */
  #goOn(until: () => boolean, ms: number): void {
    const machine = this.#machine;
    const end = machine.now + ms;
    for (let next = machine.now; this.#wrong.length === 0; ) {
      if (machine.now >= next) {
        if (until()) return;
        next = machine.now + LOOK;
      }
      if (machine.now >= end) return this.#tellWhatIsOpen(ms);
      this.#step();
    }
  }

  #tellWhatIsOpen(ms: number): void {
    const { trouble } = this.#pair;
    if (trouble !== undefined) this.#isWrong(`after ${ms} ms ${trouble}`);
    for (const query of this.#ledger.open) {
      this.#isWrong(`query ${query.number} (${query.name}) has no answer`);
      this.#tellPath(query);
    }
  }

  /** Lets one thing happen: something of the world, or a callback of a process; or time pass until there is one. */
  #step(): void {
    const machine = this.#machine;
    const { chance } = machine;
    if (machine.now >= this.#lookAt) this.#look();
    if (++this.#steps === MOST_STEPS) this.#isWrong(`there is no end of it: ${MOST_STEPS} callbacks`);
    const able = this.#pair.processes.filter(({ canRun }) => canRun);
    const isDue = machine.nextEventAt <= machine.now;
    if (isDue && (able.length === 0 || chance.oneIn(2))) return void machine.doNext();
    if (able.length === 0) {
      machine.now = Math.max(machine.now, this.#nextAt());
      return;
    }
    if (!this.#options.calm && chance.oneIn(60)) machine.now += chance.spread(0.01, 6);
    const process = chance.pick(able);
    machine.trace(process.pid, machine.now * 1000);
    process.step();
  }

  /** Whether a datagram waits longer than any fault of others explains: an instance runs all the time, and knows all others. */
  #look(): void {
    const { now } = this.#machine;
    this.#lookAt = now + LOOK;
    this.#coverage.look(this.#pair, (one) => this.#pair.statusOf(one));
    const free = this.#pair.living.find((one) => this.#isFree(one));
    if (free?.process !== this.#free || free === undefined) this.#freeSince = now;
    this.#free = free?.process;
    const waiting = this.#ledger.open.find(
      ({ transport, sentAt }) => transport === 'udp' && now - this.#begun - sentAt > PATIENCE,
    );
    if (waiting === undefined || free === undefined || now - this.#freeSince < PATIENCE) return;
    this.#isWrong(
      `query ${waiting.number} waits for ${PATIENCE} ms, though ${free.process.name} runs all the time`,
    );
    this.#tellPath(waiting);
  }

  #isFree(one: Instance): boolean {
    const { process, source, isToldToStop } = one;
    const runs = process.fate === 'running' && process.waitsUntil <= this.#machine.now && !process.isOnStack;
    return runs && source !== undefined && !isToldToStop && this.#pair.knowsAll(one);
  }

  #tellPath({ path }: Query): void {
    for (const line of path) this.#story.tell(undefined, `    ${line}`);
  }

  #nextAt(): number {
    const { now, nextEventAt } = this.#machine;
    let next = nextEventAt;
    for (const { fate, isOnStack, loop, waitsUntil } of this.#pair.processes) {
      if (waitsUntil > now) next = Math.min(next, waitsUntil);
      else if (fate === 'running' && !isOnStack) next = Math.min(next, loop.wakesAt);
    }
    return Number.isFinite(next) ? next : now + 1;
  }

  /** The process makes no step until it may go on, or has ended; the others do. */
  #suspend(process: Process, isOver: () => boolean): void {
    process.isOnStack = true;
    while (process.isAlive && !isOver() && this.#wrong.length === 0) this.#step();
    process.isOnStack = false;
  }

  #strike(disaster: Disaster, caller: Process, call: string): void {
    const others = this.#pair.living.map(({ process }) => process).filter((one) => one !== caller);
    const other = others[disaster.number % Math.max(1, others.length)];
    const victim = disaster.strikes === 'other' && other !== undefined ? other : caller;
    const where = victim === caller ? `in ${call}` : `while ${caller.name} is in ${call}`;
    this.tell(victim, `${disaster.kind} ${where}`);
    const machine = this.#machine;
    switch (disaster.kind) {
      case 'kill':
        victim.end();
        return this.#dies(victim, disaster.closing, disaster.restart);
      case 'stop':
        return this.#stop(victim, caller, disaster.ms);
      case 'wait':
        victim.waitsUntil = machine.now + disaster.ms;
        victim.waited += disaster.ms;
        if (victim === caller) this.#suspend(victim, () => machine.now >= victim.waitsUntil);
        return;
      case 'replace':
        machine.look(() => this.#pair.of(victim).source?.preStop());
        victim.signal('SIGTERM');
        return;
      case 'term':
        victim.signal('SIGTERM');
        return;
      case 'cut':
        for (const file of victim.files) if (file instanceof ChannelEnd) file.shutdown(2);
        return;
      case 'fail': {
        const [name, errno] = disaster.failing;
        victim.failing = { call: name, errno, left: disaster.times };
        return;
      }
      case 'start':
        machine.after(0.1, () => this.#pair.start(this.#slotOf(victim)));
    }
  }

  #stop(victim: Process, caller: Process, ms: number): void {
    if (victim.fate !== 'running') return;
    victim.fate = 'stopped';
    this.#machine.after(ms, () => {
      if (victim.fate !== 'stopped') return;
      victim.fate = 'running';
      this.tell(victim, 'is continued');
    });
    if (victim === caller) this.#suspend(victim, () => victim.fate !== 'stopped');
  }

  #slotOf(process: Process): Slot {
    return this.#pair.of(process).slot as Slot;
  }

  /** What becomes of what it held, and of its slot. */
  #dies(process: Process, closing: number, restart: number): void {
    const slot = this.#slotOf(process);
    this.#machine.after(closing, () => {
      this.#ledger.died(process, this.#pair.heirOf(process));
      this.#closing = process;
      process.closeAll();
      this.#closing = undefined;
      this.tell(process, 'is gone');
    });
    this.#machine.after(closing + restart, () => {
      if (!this.#pair.living.some((one) => one.slot === slot)) this.#pair.start(slot);
    });
  }
}

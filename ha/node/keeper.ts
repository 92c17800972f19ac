// keeper — this process's part in keeping the interface and the rules: does what is its duty, knows enough to take it over.
//
//   start   interface ─► sockets ─► answering ─► rules
//   end     in-flight queries answered ─► rules ─► interface, by the last process, unless they are to be kept
//
// Whoever acts tells the others what it keeps, and hands them duplicates of the descriptors by whose holders the kernel
// keeps a tun interface and an nftables table.

import { close } from 'node-reuseport';
import type { Config } from '../../src/config.ts';
import { TwindnsError } from '../../src/errors.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import type { NodeStatus } from '../../src/status.ts';
import { type Candidate, candidateOf, dutyOf, type Member } from './election.ts';
import type { ElectionMessage } from './election-message.ts';
import { NodeError } from './node-part.ts';
import { type Handed, type Parts, partsOf, refuseUnprivileged, reusable } from './parts.ts';
import { Reconciler } from './reconciler.ts';
import { wantedStateOf, warningsOf } from './wanted-state.ts';

/** How often it is seen whether the one whose duty it is shows signs of life, milliseconds. */
const LOOK = 200;
/** How long those who leave, too, may take beyond the drain timeout before what they use is removed. */
const PATIENCE = 1000;

/** The other processes of the service. */
export interface Company {
  peers(): Iterable<Member>;
  tell(member: Member, duty: ElectionMessage, descriptors: readonly number[]): void;
}

export class Keeper {
  readonly #config: Config;
  readonly #log: Log;
  readonly #loop: EventLoop;
  readonly #company: Company;
  readonly #make: typeof partsOf;
  readonly #self: { -readonly [field in keyof Candidate]: Candidate[field] };
  readonly #reconciler: Reconciler;
  /** What each of them said last. */
  readonly #said = new WeakMap<Member, ElectionMessage>();
  #parts: Parts | undefined;
  /** What was told is taken in, one after the other. */
  #learning: Promise<void> = Promise.resolve();
  /** Has heard what there is; before that it would make anew what a twin has descriptors of. */
  #prepared = false;
  #serving = false;
  #handed = '';
  #looking: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #alone: (() => void) | undefined;
  #dutyChanges = 0;

  /** @param make how parts are made; tests bring others */
  constructor(
    config: Config,
    instance: string,
    log: Log,
    loop: EventLoop,
    company: Company,
    make: typeof partsOf = partsOf,
  ) {
    this.#make = make;
    this.#config = config;
    this.#log = log;
    this.#loop = loop;
    this.#company = company;
    const { leader, slot } = config;
    this.#self = { instance, slot, leader, informed: false, acting: false, leaving: false, silent: false };
    this.#reconciler = new Reconciler(log, config.syncInterval, () => this.#announce());
  }

  /** Makes the interface, if that is ours to do, before sockets are bound. @throws TwindnsError why it cannot be */
  async prepare(): Promise<void> {
    await this.#learning;
    try {
      if (this.#self.leader) await this.#adopt();
      if (this.#self.leader && this.#parts !== undefined) refuseUnprivileged(this.#parts);
      this.#prepared = true;
      this.#update();
      const found = this.#parts?.all.find(({ name }) => name === 'interface');
      if (this.#self.acting && found !== undefined) await this.#reconciler.reconcile(found);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      if (!error.passing) throw new TwindnsError('NODE_REFUSED', error.message, { cause: error });
      this.#log.warn(error.message);
    }
  }

  /** Queries are answered: the rules may bring them. */
  serving(): void {
    this.#serving = true;
    this.#lookAfterOthers();
    if (this.#self.acting) this.#act();
    this.#update();
  }

  /** A process has come. */
  met(member: Member): void {
    const { leader, informed } = this.#self;
    if (leader || informed) this.#tell(member);
  }

  /** A process tells; the descriptors are ours from now on. */
  told(member: Member, duty: ElectionMessage, descriptors: readonly number[]): void {
    this.#said.set(member, duty);
    // Before it is taken in, too: a leader that has come back may tell a deputy other things.
    this.#learning = this.#learning
      .then(() => this.#update())
      .then(() => this.#learn(duty, descriptors))
      .then(() => this.#update());
  }

  /** A process has gone, or is about to. */
  changed(): void {
    this.#update();
    if ([...this.#company.peers()].length === 0) this.#alone?.();
  }

  /** We go soon: whoever stays takes over. */
  leave(): void {
    this.#self.leaving = true;
    this.#update();
  }

  /** We do not go after all. */
  stay(): void {
    this.#self.leaving = false;
    this.#update();
  }

  /** After the last query was answered. The last process removes what was kept, unless it is to stay. */
  async stop(): Promise<void> {
    clearInterval(this.#looking);
    this.#self.leaving = true;
    this.#update();
    if (this.#self.acting) await this.#solitude();
    this.#update();
    await this.#rest();
    const parts = this.#parts;
    this.#parts = undefined;
    if (parts === undefined) return;
    // One that cannot take over (an older version) still needs what is there.
    const needed = [...this.#company.peers()].some(({ leaving }) => !leaving);
    if (this.#self.acting && !needed && !parts.wanted.keep) await this.#clear(parts);
    for (const part of parts.all) part.release();
  }

  status(): NodeStatus {
    const { counters } = this.#reconciler;
    const { leader, acting } = this.#self;
    const wanted = this.#parts?.wanted;
    return {
      leader,
      acting,
      dutyChanges: this.#dutyChanges,
      interface: wanted === undefined ? null : { ...wanted.interface },
      rules: wanted?.rules ?? null,
      ...structuredClone(counters),
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Our own wishes, with the descriptors of what was kept before. */
  async #adopt(): Promise<void> {
    const wanted = wantedStateOf(this.#config);
    for (const warning of warningsOf(wanted)) this.#log.warn(warning);
    const before = this.#parts;
    if (before !== undefined && JSON.stringify(before.wanted) === JSON.stringify(wanted)) return;
    this.#self.informed = true;
    this.#parts = await this.#make(wanted, before === undefined ? {} : reusable(before, wanted));
    if (before === undefined) return;
    const kept = this.#parts.all.flatMap(({ descriptors }) => descriptors);
    for (const part of before.all) if (!part.descriptors.some((fd) => kept.includes(fd))) part.release();
    this.#log.warn('the twin kept the node in another way; what is left of that, `twindns clean` removes', {
      before: before.wanted,
    });
  }

  async #learn(
    { holding, acting, parts: names }: ElectionMessage,
    descriptors: readonly number[],
  ): Promise<void> {
    // Who acts knows better; but before it has begun, a leader goes on with what is there.
    const knowsBetter = this.#self.acting || (this.#self.informed && !acting);
    if (holding === null || knowsBetter || names.length !== descriptors.length) {
      for (const fd of descriptors) close(fd);
      return;
    }
    const handed: Handed = Object.fromEntries(names.map((name, i) => [name, descriptors[i]!]));
    const before = this.#parts;
    try {
      this.#parts = await this.#make(holding, handed);
    } catch (error) {
      // This instance goes on without: it can serve, and cannot take over.
      for (const fd of descriptors) close(fd);
      return this.#log.error('what the twin keeps could not be taken in', { err: error });
    }
    const useful = this.#parts.all.flatMap((part) => part.descriptors);
    for (const fd of descriptors) if (!useful.includes(fd)) close(fd);
    for (const part of before?.all ?? []) part.release();
    const news = !this.#self.informed;
    this.#self.informed = true;
    this.#lookAfterOthers();
    if (news) this.#announce(true);
  }

  /** Where nobody keeps anything there is nobody to take over from. */
  #lookAfterOthers(): void {
    if (this.#serving && (this.#self.leader || this.#self.informed))
      this.#looking ??= setInterval(() => this.#update(), LOOK).unref();
  }

  #update(): void {
    const others = [...this.#company.peers()].map((member) => candidateOf(member, this.#said.get(member)));
    const acting = this.#prepared && dutyOf([this.#self, ...others]) === this.#self;
    if (acting === this.#self.acting) return;
    this.#self.acting = acting;
    this.#dutyChanges++;
    this.#log.info(
      acting
        ? 'this instance keeps the interface and the rules'
        : 'another instance keeps the interface and the rules',
    );
    if (acting && this.#serving) this.#act();
    if (!acting) void this.#rest();
    this.#announce(true);
  }

  #act(): void {
    if (this.#parts === undefined || this.#parts.all.length === 0) return;
    const { all, mayChange, watch } = this.#parts;
    if (!mayChange)
      this.#log.warn(
        'without the capability NET_ADMIN the interface and the rules are held as they are; what goes missing stays so until a leader is back',
      );
    this.#unwatch ??= watch(this.#loop, (what) => this.#reconciler.poke(what));
    this.#reconciler.start(all, mayChange);
  }

  #rest(): Promise<void> {
    this.#unwatch?.();
    this.#unwatch = undefined;
    return this.#reconciler.stop();
  }

  /** Tells everybody, if there is something new to tell. */
  #announce(always = false): void {
    const handed = JSON.stringify(this.#parts?.all.map(({ descriptors }) => descriptors) ?? []);
    if (!always && handed === this.#handed) return;
    this.#handed = handed;
    for (const member of this.#company.peers()) this.#tell(member);
  }

  #tell(member: Member): void {
    const { leader, acting, informed } = this.#self;
    // Who does not act tells of it, too: a leader that starts beside another of its slot meets their twin alone.
    const parts = acting || informed ? this.#parts : undefined;
    const all = parts?.all ?? [];
    const shared = all.flatMap(({ name, descriptors }) => descriptors.map((fd) => ({ name, fd })));
    this.#company.tell(
      member,
      {
        leader,
        acting,
        informed,
        holding: parts?.wanted ?? null,
        parts: shared.map(({ name }) => name),
      },
      shared.map(({ fd }) => fd),
    );
  }

  /** Resolves when no other process is left, or when they have had their time. */
  async #solitude(): Promise<void> {
    const peers = [...this.#company.peers()];
    if (!peers.some(({ leaving }) => leaving)) return;
    await new Promise<void>((resolve) => {
      this.#alone = resolve;
      setTimeout(resolve, this.#config.drainTimeout + PATIENCE).unref();
    });
  }

  async #clear({ all, mayChange }: Parts): Promise<void> {
    for (const part of [...all].reverse()) {
      // The kernel removes it when the descriptors are closed, and that takes no privilege.
      if (!mayChange && part.descriptors.length > 0) continue;
      try {
        const removed = await this.#reconciler.remove(part, this.#config.drainTimeout);
        if (removed.length > 0) this.#log.info(`${part.name} removed`, { removed: removed.length });
      } catch (error) {
        const what = `${part.name} left behind; \`twindns clean\` removes it`;
        if (error instanceof NodeError) this.#log.error(`${what}. ${error.message}`);
        else this.#log.error(what, { err: error });
      }
    }
  }
}

// keeper — this process's part in keeping the interface and the rules: stands for election, and keeps them while elected.
//
//   start   interface ─► sockets ─► answering ─► rules
//   end     in-flight queries answered ─► rules ─► interface, by the last process, unless they are to stay
//
// The acting process tells the others the wanted state, and hands them duplicates of the descriptors by whose holders the
// kernel keeps a tun interface and an nftables table. What it says is no order: a process keeps what its own flags ask for, and
// one whose flags ask for something else keeps nothing for it.

import { isDeepStrictEqual } from 'node:util';
import { close } from 'node-reuseport';
import type { Config, Endpoint } from '../../src/config.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { endpointText, isAmong, isLoopback } from '../../src/options/endpoint.ts';
import type { NodeStatus } from '../../src/status.ts';
import { REMOVAL_GRACE } from '../timing.ts';
import { type Candidate, candidateOf, elect, type Member, type Role } from './election.ts';
import type { ElectionMessage } from './election-message.ts';
import { KeptParts, type Shared } from './kept-parts.ts';
import { NodeError, refuse } from './node-part.ts';
import { instanceParts, type partsOf } from './parts.ts';
import { Reconciler } from './reconciler.ts';
import { differences, servedBy, type WantedState, wantedStateOf } from './wanted-state.ts';

/** The other processes of the service. */
export interface Company {
  peers(): Iterable<Member>;
  tell(member: Member, message: ElectionMessage, descriptors: readonly number[]): void;
}

/** Nothing is made before `ready`: what other processes hold has to be heard of first, or it would be made anew. */
type Phase = 'starting' | 'ready' | 'serving' | 'leaving';

export class Keeper {
  readonly #config: Config;
  readonly #instance: string;
  readonly #log: Log;
  readonly #company: Company;
  readonly #parts: KeptParts;
  /** What our configuration asks for. */
  #own: WantedState;
  /** The last message of each of the others. */
  readonly #said = new WeakMap<Member, ElectionMessage>();
  /** Wanted states are taken in one after the other. */
  #turns: Promise<void> = Promise.resolve();
  #phase: Phase = 'starting';
  #acting = false;
  /** Whether interface and rules are this process's to make at its start. */
  #makes = false;
  #changes = 0;
  /** Endpoints that are to go. */
  readonly #unwanted: Endpoint[] = [];
  /** The difference from our flags that was told of last. */
  #complaint = '';
  /** The descriptors that the others were told of, as JSON. */
  #announced: string | undefined;
  #allGone: (() => void) | undefined;

  /** @param make how parts are made; tests bring others */
  constructor(
    config: Config,
    instance: string,
    log: Log,
    loop: EventLoop,
    company: Company,
    make: typeof partsOf = instanceParts,
  ) {
    this.#config = config;
    this.#instance = instance;
    this.#log = log;
    this.#company = company;
    this.#own = wantedStateOf(config);
    const reconciler = new Reconciler(log, config.syncInterval, () => this.#announceNew());
    this.#parts = new KeptParts(log, loop, reconciler, make);
  }

  /** A leader goes on with what it has been handed. @throws TwindnsError why it cannot keep anything */
  async adopt(): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#config.leader) return;
      await this.#parts.adopt(this.#own).catch(refuse);
      if (this.#hasNothing || this.#own.rules === 'none') return;
      const { dataPlaneWarnings } = await import('./data-planes.ts');
      for (const warning of dataPlaneWarnings()) this.#log.warn(warning);
    });
  }

  /** Nothing is to be captured yet: rules that a predecessor of the leader left go until they are made again. */
  uncapture(): void {
    if (this.#config.leader) void this.#inTurn(() => this.#parts.uncapture(this.#config.drainTimeout));
  }

  /** Makes the interface, if this process is to act, before sockets are bound. @throws TwindnsError why it cannot be */
  async prepare(): Promise<void> {
    await this.#inTurn(async () => {
      this.#phase = 'ready';
      this.#update();
    });
    try {
      if (this.#acting) await this.#parts.makeInterface();
    } catch (error) {
      if (!(error instanceof NodeError && error.passing)) refuse(error);
      this.#log.warn(error.message);
    }
  }

  /** Queries are answered: the rules may bring them. */
  serving(): void {
    this.#phase = 'serving';
    this.#makes = this.#acting;
    if (this.#acting) this.#parts.keep();
    this.#update();
    this.#clear();
  }

  /** What is not there yet of what this process makes at its start, a sentence. What fails later is for metrics to tell. */
  get pending(): string | undefined {
    return this.#makes && this.#acting ? this.#parts.pending : undefined;
  }

  /** A process has come. */
  met(member: Member): void {
    if (this.#role !== 'bystander') this.#tell(member);
  }

  /** A message of a process; the descriptors are ours from now on. */
  told(member: Member, message: ElectionMessage, descriptors: readonly number[]): void {
    this.#said.set(member, message);
    void this.#inTurn(async () => {
      this.#update(); // before, too: a leader that has come back may tell a deputy another wanted state
      await this.#receive(message, descriptors);
      this.#update();
    });
  }

  /** Time has passed in which a process may have fallen silent. A bystander is never elected, so it need not watch the others. */
  check(): void {
    if (this.#phase === 'serving' && this.#role !== 'bystander') this.#update();
  }

  /** A process has gone, or is about to. */
  changed(): void {
    this.#update();
    if ([...this.#company.peers()].length === 0) this.#allGone?.();
  }

  /** Other endpoints are asked for from now on. */
  want(listeners: readonly Endpoint[]): void {
    this.#own = wantedStateOf({ ...this.#config, listeners });
    const own = this.#own;
    const failed = (error: unknown) =>
      this.#log.error('the interface and the rules stay as they were', { err: error });
    void this.#inTurn(async () => {
      await this.#parts.change(own).catch(failed);
      this.#announce();
    });
  }

  /** No instance wants these any more: what there is for them goes, once this process acts. */
  unwanted(endpoints: readonly Endpoint[]): void {
    this.#unwanted.push(...endpoints.filter(({ address }) => !isLoopback(address)));
    this.#clear();
  }

  /** This process ends soon: a process that stays takes over. */
  leave(): void {
    if (this.#phase !== 'starting') this.#phase = 'leaving';
    this.#update();
  }

  /** It does not end after all. */
  stay(): void {
    this.#phase = 'serving';
    this.#update();
  }

  /** After the last query was answered. The last process removes what was kept, unless it is to stay. @throws TwindnsError why it could not */
  async stop(): Promise<void> {
    this.leave();
    if (this.#acting) await this.#othersGone();
    this.#update();
    await this.#parts.rest();
    // A process of an older version that stays cannot take over, and needs what is there.
    const needed = [...this.#company.peers()].some(({ leaving }) => !leaving);
    if (this.#acting && !needed && this.#parts.wanted?.keep === false)
      await this.#parts.remove(this.#config.drainTimeout).catch(refuse);
    this.#parts.release();
  }

  status(): NodeStatus {
    const { wanted, counters } = this.#parts;
    return {
      leader: this.#config.leader,
      acting: this.#acting,
      dutyChanges: this.#changes,
      interface: wanted === undefined ? null : { ...wanted.interface },
      rules: wanted?.rules ?? null,
      problems: this.#parts.problems,
      ...structuredClone(counters),
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Of loopback addresses alone nothing is kept. */
  get #hasNothing(): boolean {
    return this.#config.leader && servedBy(this.#own).length === 0;
  }

  get #role(): Role {
    return this.#config.leader ? 'leader' : this.#parts.wanted === undefined ? 'bystander' : 'deputy';
  }

  #update(): void {
    const self: Candidate = {
      instance: this.#instance,
      slot: this.#config.slot,
      role: this.#role,
      acting: this.#acting,
      leaving: this.#phase === 'leaving',
      silent: false,
    };
    const others = [...this.#company.peers()].map((member) => candidateOf(member, this.#said.get(member)));
    const acting = this.#phase !== 'starting' && elect([self, ...others]) === self;
    if (acting === this.#acting) return;
    this.#acting = acting;
    this.#changes++;
    if (this.#hasNothing) return this.#announce();
    if (acting) this.#log.info('this instance keeps the interface and the rules');
    else this.#log.info('another instance keeps the interface and the rules');
    if (!acting) void this.#parts.rest();
    else if (this.#phase !== 'ready') this.#parts.keep();
    this.#clear();
    this.#announce();
  }

  #clear(): void {
    if (!this.#acting || this.#phase !== 'serving' || this.#unwanted.length === 0) return;
    const unwanted = this.#unwanted.splice(0).map(({ address, port }) => ({ address, port }));
    const failed = (error: unknown) =>
      this.#log.error(
        'what the node has for addresses that no instance wants is left; `twindns clean` removes it',
        {
          addresses: unwanted.map((one) => endpointText(one, this.#config.port)),
          err: error,
        },
      );
    void this.#inTurn(async () => {
      const { wanted } = this.#parts; // what we ask for may have changed in a turn before
      const kept = wanted === undefined ? [] : servedBy(wanted);
      const endpoints = unwanted.filter((one) => !isAmong(one, kept));
      await this.#parts.removeFor(endpoints, this.#config.drainTimeout).catch(failed);
    });
  }

  async #receive({ holding, acting, parts }: ElectionMessage, descriptors: readonly number[]): Promise<void> {
    const { wanted } = this.#parts;
    // The acting process knows better; but before it has begun to act, a leader goes on with what is there.
    const knowsBetter = this.#acting || (wanted !== undefined && !acting);
    if (holding === null || knowsBetter || parts.length !== descriptors.length) {
      for (const fd of descriptors) close(fd);
      return;
    }
    const taken = this.#take(
      holding,
      parts.map((part, i) => [part, descriptors[i]!] as const),
    );
    if (taken === undefined) return;
    await this.#parts.receive(taken.wanted, taken.shared);
    if (wanted === undefined && this.#parts.wanted !== undefined) this.#announce();
  }

  /**
   * What is taken of what another process keeps: a leader takes descriptors of what it keeps itself; a process that is none takes
   * it over if it is what our flags ask for, too. Undefined when that is nothing. What is not taken is closed.
   */
  #take(
    theirs: WantedState,
    shared: readonly Shared[],
  ): { readonly wanted: WantedState; readonly shared: readonly Shared[] } | undefined {
    const own = this.#own;
    const others = differences(own, theirs);
    this.#complain(others, theirs);
    const isOf = {
      interface: isDeepStrictEqual(own.interface, theirs.interface),
      rules: own.rules === theirs.rules,
    };
    const { leader } = this.#config;
    const useful = shared.filter(([part]) => (leader ? isOf[part] : others.length === 0));
    for (const one of shared) if (!useful.includes(one)) close(one[1]);
    if (leader) return useful.length === 0 ? undefined : { wanted: own, shared: useful };
    // That it stays is asked for when either asks for it: the leader alone is told so by a flag, as a rule.
    return others.length > 0
      ? undefined
      : { wanted: { ...own, keep: own.keep || theirs.keep }, shared: useful };
  }

  /** That addresses differ is told of where twins meet. */
  #complain(flags: readonly string[], theirs: WantedState): void {
    const complaint = flags.filter((flag) => flag !== '--listen').join(', ');
    if (complaint !== '' && complaint !== this.#complaint)
      this.#log.error(
        this.#config.leader
          ? 'the twin keeps the node in another way than our flags ask for; what is left of that, `twindns clean` removes'
          : 'the twin keeps the node in another way than our flags ask for; this instance does not go on with that',
        { flags: complaint, theirs },
      );
    this.#complaint = complaint;
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#turns.then(task);
    this.#turns = done.catch(() => {});
    return done;
  }

  #announceNew(): void {
    if (JSON.stringify(this.#parts.shared) !== this.#announced) this.#announce();
  }

  #announce(): void {
    this.#announced = JSON.stringify(this.#parts.shared);
    for (const member of this.#company.peers()) this.#tell(member);
  }

  /** A process that does not act tells, too: a leader that starts learns from a deputy what its predecessor kept. */
  #tell(member: Member): void {
    const { wanted, shared } = this.#parts;
    const message: ElectionMessage = {
      leader: this.#config.leader,
      acting: this.#acting,
      informed: wanted !== undefined,
      holding: wanted ?? null,
      parts: shared.map(([part]) => part),
    };
    const descriptors = shared.map(([, fd]) => fd);
    this.#company.tell(member, message, descriptors);
  }

  /** Resolves when no other process is left, or when those that leave have had their time. */
  async #othersGone(): Promise<void> {
    if (![...this.#company.peers()].some(({ leaving }) => leaving)) return;
    await new Promise<void>((resolve) => {
      this.#allGone = resolve;
      setTimeout(resolve, this.#config.drainTimeout + REMOVAL_GRACE).unref();
    });
  }
}

// stage — a subject in place: two members on one port with an upstream behind them, ended and started again by scenarios.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Endpoint, type Slot, slots } from '../../src/config.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { called } from '../cluster/hook.ts';
import { clearNode } from '../host/clear-node.ts';
import { FailingCalls } from '../host/failing-calls.ts';
import { isAlone } from '../host/namespace.ts';
import { onNode } from '../host/on-node.ts';
import { localQuestion } from '../load/local-names.ts';
import type { Leniency, TrafficPlan } from '../load/traffic.ts';
import type { Figure, Subject } from '../report/outcome.ts';
import { askStatus } from './ask-status.ts';
import { makeCertificate } from './certificate.ts';
import { ConfigMap } from './config-map.ts';
import { corefileOf, writeCorefile } from './corefile.ts';
import { freePorts } from './free-ports.ts';
import { type LocalPlace, localFiles, TLS_NAME } from './local-corefile.ts';
import { Member } from './member.ts';
import { type Changes, lockOf, type Place, recipeOf } from './recipes.ts';
import { Upstream } from './upstream.ts';

export interface Stage {
  readonly subject: Subject;
  readonly target: Endpoint;
  /** More addresses of the pair; the load asks all alike. */
  readonly further?: readonly Endpoint[];
  /** Undefined where the pair is not ours. */
  readonly own: OwnStage | undefined;
  /** Ends the member of a slot; resolves to what ended it. */
  end(slot: Slot, signal: NodeJS.Signals): Promise<string>;
  /** Starts the member of a slot; resolves when it serves and its twin knows it. */
  start(slot: Slot, changes?: Changes): Promise<void>;
  /** Notes a disaster at this instant. */
  happened(what: string): void;
  /** Whether the load asks nothing from now on, or asks again. */
  hush(hushed: boolean): void;
  note(sentence: string): void;
  /** Notes what should have held, and did not. */
  failed(sentence: string): void;
  /** Notes what was measured; of the same thing the worst is kept. */
  measured(figure: Figure): void;
  readonly figures?: readonly Figure[];
  readonly notes?: ReadonlySet<string>;
  readonly faults?: ReadonlySet<string>;
  /** The last lines of what instances wrote and what was done to them. */
  readonly log?: readonly string[];
  /** For other editions; undefined where the instances are not ours. */
  readonly folder?: string;
  /** Whether a failure of the server is a right answer to what is asked now; the scenario says why. */
  mayFail: Leniency;
  /** The questions of the load, where the upstream is not ours. */
  readonly questions?: TrafficPlan['next'];
  /** Those of a scenario that has none of its own. */
  readonly usualQuestions?: TrafficPlan['next'];
  stop(): Promise<void>;
}

/** Milliseconds within which twins find each other: the longest wait between their calls, and some room. */
const MEETING = 8000;
/** Lines of the log that are kept. */
const KEPT = 5000;

const needsNamespace =
  'This disaster takes interfaces, rules or ports, which is done in a network namespace of the suite alone: run it as root.';

export class OwnStage implements Stage {
  readonly subject: Subject;
  readonly target: Endpoint;
  readonly further: readonly Endpoint[];
  readonly usualQuestions?: TrafficPlan['next'];
  /** What its Corefile is made of; undefined where it has none. */
  readonly local: LocalPlace | undefined;
  readonly upstreams: readonly Upstream[];
  readonly folder: string;
  readonly notes = new Set<string>();
  readonly faults = new Set<string>();
  readonly #figures = new Map<string, Figure>();
  readonly log: string[] = [];
  mayFail: Leniency = 'no';
  happened: (what: string) => void = () => {};
  hush: (hushed: boolean) => void = () => {};
  readonly #place: Place;
  readonly #changes: Changes;
  readonly #members = new Map<Slot, Member>();
  readonly #extras = new Set<Member>();
  readonly #failing = new Map<Slot, FailingCalls>();
  readonly #startedAt = performance.now();

  /** @param changes of every member that is started without changes of its own */
  static async start(subject: Subject, changes: Changes = {}): Promise<OwnStage> {
    const { nodeAddress, port, standing } = changes;
    if ((nodeAddress ?? port) !== undefined && !isAlone()) throw new Error(needsNamespace);
    if (standing) await onNode('ip', ['address', 'replace', nodeAddress!, 'dev', 'lo']);
    const folder = mkdtempSync(join(tmpdir(), 'twindns-chaos-'));
    const certificate = changes.corefile && makeCertificate(folder, TLS_NAME);
    const upstreams = await Promise.all(
      Array.from({ length: changes.upstreams ?? 1 }, () => Upstream.start(undefined, certificate?.whole)),
    );
    const [[free, admin], [second]] = [await freePorts(), await freePorts()];
    const ports = { port: port ?? free, upstreams: upstreams.map((upstream) => upstream.port) };
    let local: LocalPlace | undefined;
    if (certificate !== undefined) {
      const map = new ConfigMap(`${folder}/config`);
      const { tlsPort } = upstreams[0]!;
      const { authority } = certificate;
      local = { ...ports, map, address: nodeAddress ?? '127.0.0.1', tlsPort, authority };
      map.put(localFiles(local));
    }
    const place = { ...ports, second, admin, folder, corefile: local?.map.corefile };
    const stage = new OwnStage(subject, upstreams, place, changes, local);
    try {
      for (const slot of slots) await stage.start(slot);
    } catch (error) {
      await stage.stop();
      throw error;
    }
    return stage;
  }

  private constructor(
    subject: Subject,
    upstreams: readonly Upstream[],
    place: Place,
    changes: Changes,
    local: LocalPlace | undefined,
  ) {
    this.subject = subject;
    this.local = local;
    if (local !== undefined) this.usualQuestions = localQuestion;
    this.upstreams = upstreams;
    this.folder = place.folder;
    this.target = { address: changes.nodeAddress ?? '127.0.0.1', port: place.port };
    this.further = changes.secondPort ? [{ ...this.target, port: place.second }] : [];
    this.#place = place;
    this.#changes = changes;
  }

  get own(): OwnStage {
    return this;
  }

  /** The first, which is the cluster DNS, too. */
  get upstream(): Upstream {
    return this.upstreams[0]!;
  }

  member(slot: Slot): Member {
    return this.#members.get(slot)!;
  }

  async end(slot: Slot, signal: NodeJS.Signals): Promise<string> {
    this.#hear(`${this.member(slot).pid} ${slot}`, `gets ${signal}`);
    return this.member(slot).end(signal);
  }

  /** As a kubelet ends a pod: it says so, and then tells the instance to stop. */
  async replace(slot: Slot): Promise<string> {
    if (this.subject === 'twindns') await called(this.health(slot), '/prestop');
    return this.end(slot, 'SIGTERM');
  }

  async start(slot: Slot, changes: Changes = this.#changes): Promise<void> {
    await this.launch(slot, changes).serves;
    await this.met();
  }

  /** Starts a member as that of its slot, without waiting for anything. */
  launch(slot: Slot, changes: Changes = this.#changes): Member {
    const hear = (line: string) => this.#hear(`${member.pid} ${slot}`, line);
    const recipe = recipeOf(this.subject, slot, this.#place, changes);
    const faults = changes.failingCalls ? this.failing(slot).environment : {};
    const member = new Member(slot, { ...recipe, environment: { ...recipe.environment, ...faults } }, hear);
    const before = this.#members.get(slot);
    if (before?.alive) this.#extras.add(before);
    this.#members.set(slot, member);
    return member;
  }

  /** What the Corefile of a slot says from now on; a member that is started has the first two ports again. @param more ports */
  writeCorefile(slot: Slot, more: readonly number[]): void {
    const { folder, port, second, upstreams } = this.#place;
    writeCorefile(corefileOf(folder, slot), [port, second, ...more], upstreams, this.target.address);
  }

  /** The system calls of the members of a slot that are made to fail. */
  failing(slot: Slot): FailingCalls {
    const failing = this.#failing.get(slot) ?? FailingCalls.build();
    this.#failing.set(slot, failing);
    return failing;
  }

  /** Resolves when the living members know each other. A second disaster before that would hit a service of one instance. */
  async met(): Promise<void> {
    if (this.subject === 'unbound') return;
    const giveUp = performance.now() + MEETING;
    while (!(await this.#know())) {
      if (performance.now() > giveUp) return this.failed('The twins did not find each other within 8 s.');
      await pause(20);
    }
  }

  /** What the member of a slot says of itself. */
  async status(slot: Slot): Promise<InstanceStatus> {
    return askStatus(this.admin(slot), 2000);
  }

  note(sentence: string): void {
    this.notes.add(sentence);
  }

  failed(sentence: string): void {
    this.faults.add(sentence);
  }

  measured(figure: Figure): void {
    const before = this.#figures.get(figure.what);
    if (before === undefined || before.value < figure.value) this.#figures.set(figure.what, figure);
  }

  get figures(): readonly Figure[] {
    return [...this.#figures.values()];
  }

  /** Where an instance tells about itself. */
  admin(slot: Slot): Endpoint {
    return { address: '127.0.0.1', port: this.#place.admin + (slot === 'primary' ? 0 : 1) };
  }

  /** Where a kubelet probes it. */
  health(slot: Slot): Endpoint {
    return { address: '127.0.0.1', port: this.admin(slot).port + 2 };
  }

  async stop(): Promise<void> {
    const members = [...this.#members.values(), ...this.#extras].filter(({ alive }) => alive);
    await Promise.all(members.map((member) => member.end('SIGKILL')));
    await Promise.all(this.upstreams.map((upstream) => upstream.stop()));
    for (const failing of this.#failing.values()) failing.close();
    // What the dead have left, and what a scenario has set, is none of the next one's.
    if (this.#changes.nodeAddress !== undefined) await clearNode(this.target.address, lockOf(this.folder));
    rmSync(this.folder, { recursive: true, force: true });
  }

  // -------------------------------------------------------------------------------------------------------------------

  #hear(instance: string, line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3);
    if (this.log.push(`${seconds} ${instance} ${line}\n`) > KEPT) this.log.shift();
  }

  /**
   * An instance whose status says nothing of a twin is asked all the same: when it answers, it has also read what its twin
   * sent before.
   */
  async #know(): Promise<boolean> {
    const living = slots.filter((slot) => this.#members.get(slot)?.alive);
    const known = living.map(async (slot) => {
      // Of another version it may lack anything.
      const status = (await this.status(slot)) as {
        readonly custody?: {
          readonly twins?: readonly { readonly pid: number; readonly serving: boolean }[];
        };
      };
      const other = living.find((one) => one !== slot);
      if (other === undefined || this.subject === 'no-custody' || status.custody === undefined) return true;
      const { pid } = this.member(other);
      return status.custody.twins?.some((twin) => twin.pid === pid && twin.serving) ?? false;
    });
    return (await Promise.all(known.map((one) => one.catch(() => false)))).every(Boolean);
  }
}

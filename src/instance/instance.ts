// instance — what takes queries, once it may, until it is told to stop; and its admin port, which says meanwhile why it does not.
//
// What is not needed for the first answer is loaded after it.

import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from 'node-reuseport';
import { warnOfAbsent } from '../absent-addresses.ts';
import { type Config, formatEndpoint } from '../config.ts';
import type { ControlServer } from '../control/control-server.ts';
import { bindError, isBindRefusal } from '../errors.ts';
import { watchFitness } from '../fitness.ts';
import { clusterServers } from '../gate/cluster-servers.ts';
import type { Gate } from '../gate/gate.ts';
import { gateOf } from '../gate/gate-of.ts';
import { watchClusterDns } from '../gate/watch-cluster-dns.ts';
import type { Journal } from '../handover/journal.ts';
import type { ListenSockets } from '../handover/sockets.ts';
import type { Log } from '../log/log.ts';
import { addressesOf } from '../options/endpoint.ts';
import type { Where } from '../options/pair-directory.ts';
import { isAwaited, type SlotClaim } from '../options/slot.ts';
import { watchUpstreams } from '../options/upstream-file.ts';
import { tellParent } from '../pair/parent.ts';
import { writePidFile } from '../pid-file.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanSource } from '../plan/plan-source.ts';
import { takePlan } from '../plan/take-plan.ts';
import { dropPrivileges } from '../privileges.ts';
import type { Resolver } from '../resolver.ts';
import { warnIfUnasked } from '../unasked.ts';
import { isServed, type Membership } from './membership.ts';
import type { ServiceManager } from './notify.ts';
import { watchSelf } from './self-incidents.ts';
import type { End, Mortal } from './signals.ts';

type Admin = ReturnType<typeof import('../admin/admin.ts')['startAdmin']>;

/**
 * Milliseconds for which a process whose work another one has taken is there and does nothing: the kernel clears up behind it,
 * and the next process of its slot is started, at the expense of the twin, which has just got everything.
 */
export const QUIET = 60;

export interface InstanceParts {
  readonly config: Config;
  readonly log: Log;
  readonly claim: SlotClaim;
  readonly where: Where;
  readonly twin: Membership;
  readonly resolver: Resolver;
  readonly plans: PlanSource;
  /** The user whose process has the name of our slot, if one does. */
  readonly slotNameTakenBy: number | undefined;
  /** A twin had the sockets of our slot: it serves, so nothing waits for the cluster DNS. */
  readonly hasTwin: boolean;
  readonly end: End;
  readonly starter: ServiceManager;
}

export class Instance implements Mortal {
  readonly #parts: InstanceParts;
  readonly #unwatchFiles: () => void;
  #unwatchFitness = () => {};
  #removePidFile = () => {};
  #unwatchSelf = () => {};
  #isStopping = false;
  #admin: Admin | undefined;
  #control: ControlServer | undefined;
  #gate: Gate | undefined;
  /** Of our own arena, once we serve. */
  #journal: Journal | undefined;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    const { config, log, resolver, twin, plans } = parts;
    // Now: a file may change while the cluster DNS is waited for.
    const unwatchUpstreams = watchUpstreams(config, resolver, log);
    const take = async (plan: Plan) => {
      const setPlan = await resolver.preparePlan(plan);
      if (this.#isStopping) return;
      takePlan(plan, { ...resolver, setPlan }, twin);
      this.#admin?.setPlanned(plan.admin);
    };
    const unwatchPlan = plans.watch(take, resolver.counters.events);
    this.#unwatchFiles = () => {
      unwatchUpstreams();
      unwatchPlan();
    };
  }

  /** A query it took now would be lost. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Resolves to false when it is told to stop before the cluster DNS has answered. */
  async mayTakeQueries(): Promise<boolean> {
    const { config, log, twin, hasTwin, starter } = this.#parts;
    const isOpen = hasTwin || !config.requireClusterDns || this.#askedOfCluster().clusterDns.length === 0;
    if (isOpen || isServed(twin)) return true;
    starter.waits('for the cluster DNS');
    this.#gate = await gateOf(
      () => this.#askedOfCluster(),
      log,
      twin,
      () => this.#serveAdmin(),
    );
    const opened = await this.#gate.open();
    if (opened) this.#gate = undefined;
    return opened;
  }

  /** @param sockets of our slot, if the twin had them */
  serve(sockets: readonly ListenSockets[] | undefined): void {
    const { config, log, twin, resolver, end } = this.#parts;
    try {
      resolver.open(sockets);
    } catch (cause) {
      if (!isBindRefusal(cause)) throw cause;
      const endpoints = resolver.listeners().map(formatEndpoint).join(', ');
      throw bindError(`DNS at ${endpoints}`, '--listen or --port', cause);
    }
    this.#journal = resolver.handover.journal;
    this.#journal.tellCrashes();
    twin.serving(resolver.handover);
    this.#unwatchSelf = watchSelf(log, resolver, twin.stalls);
    this.#unwatchFitness = watchFitness({
      ...{ slot: config.slot, log, now: monotonicMs, unfit: resolver.unfit },
      hasTwin: () => isServed(twin),
      end: () => end('unfit', 1),
    });
  }

  /** People, probes and the process that has started us: that we serve. */
  async tell(): Promise<void> {
    const { config, log, resolver, starter } = this.#parts;
    const { endpoint } = await this.#serveAdmin();
    warnOfAbsent(() => addressesOf(resolver.listeners()), log);
    if (config.leader && config.rules !== 'none') warnIfUnasked(resolver.counters, log);
    if (config.pidFile !== undefined) this.#removePidFile = writePidFile(config.pidFile, log);
    dropPrivileges(config, log);
    const listen = resolver.listeners().map(formatEndpoint);
    log.info('listening', {
      slot: config.slot,
      listen,
      admin: endpoint === undefined ? 'off' : formatEndpoint(endpoint),
      ms: Math.round(performance.now()), // since the process began
    });
    tellParent('listening');
    starter.ready(`answers on ${listen.join(', ')}`);
  }

  /** It dies of a fault of its own: what it has in hand may be why. */
  crash(): void {
    this.#journal?.crash();
  }

  async stop(reason: string): Promise<void> {
    const { log, twin, resolver, claim, starter } = this.#parts;
    this.#isStopping = true;
    starter.stopping();
    this.#gate?.stop();
    this.#unwatchFitness();
    this.#unwatchSelf();
    const left = this.#journal === undefined ? undefined : await this.#leave(log, twin, reason === 'SIGTERM');
    this.#unwatchFiles();
    this.#admin?.announceStop();
    await resolver.stop(left?.succession, left?.pass);
    await twin.stop();
    this.#admin?.stop();
    this.#control?.stop();
    this.#removePidFile();
    if (left?.succession === 'taken') await pause(QUIET);
    claim.release(); // last: a process that waits for the slot starts then
  }

  hurry(): boolean {
    return this.#parts.twin.hurry();
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #leave(log: Log, twin: Membership, inOrder: boolean) {
    const unwatch = watchClusterDns(this.#askedOfCluster(), (why) => {
      if (twin.hurry())
        log.warn('the cluster DNS does not answer: the twin is waited for no longer', { why });
    });
    const left = await twin.leave(inOrder);
    unwatch();
    return left;
  }

  /** Of the plan that holds now: a file may name others meanwhile. */
  #askedOfCluster() {
    const { config, plans } = this.#parts;
    return { ...config, clusterDns: clusterServers(plans.plan, config.clusterDomain) };
  }

  async #serveAdmin(): Promise<Admin> {
    const [{ startAdmin }, { startControl }] = await Promise.all([
      import('../admin/admin.ts'),
      import('../control/control.ts'),
    ]);
    const { config, log, twin, resolver, plans, claim, where, slotNameTakenBy, hasTwin } = this.#parts;
    const source = {
      ...resolver,
      custody: () => twin.status(),
      node: () => twin.node(),
      pending: () => twin.pending(),
      preStop: () => twin.preStop(),
      slotNameTakenBy,
      isAwaited: () => isAwaited(where, claim.slot),
      waitsForClusterDns: () => this.#gate?.reason,
      stalls: twin.stalls,
    };
    this.#admin ??= startAdmin(config, source, log, !claim.isOurs || hasTwin, undefined, plans.plan.admin);
    const controlled = { inside: resolver.inside, status: this.#admin.status };
    this.#control ??= startControl(config, controlled, log);
    return this.#admin;
  }
}

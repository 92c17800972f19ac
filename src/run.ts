// run — one instance from start to exit: slot, resolver, admin, signals.
//
// What is not needed for the first answer is loaded after it.

import { setTimeout as pause } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { monotonicMs } from 'node-reuseport';
import { warnOfAbsent } from './absent-addresses.ts';
import type { Config } from './config.ts';
import { formatEndpoint } from './config.ts';
import { bindError, isBindRefusal, TwindnsError } from './errors.ts';
import { watchFitness } from './fitness.ts';
import { clusterServers } from './gate/cluster-servers.ts';
import type { Gate } from './gate/gate.ts';
import { watchClusterDns } from './gate/watch-cluster-dns.ts';
import type { Passing } from './handover/connection-backup.ts';
import type { Handover, Succession } from './handover/handover.ts';
import type { Journal } from './handover/journal.ts';
import type { ListenSockets } from './handover/sockets.ts';
import { collectOften } from './heap.ts';
import type { Log } from './log/log.ts';
import { createLog, mayColour } from './log/log.ts';
import { createLogSink } from './log/log-sink.ts';
import { buildConfig, whereOf } from './options/build-config.ts';
import { addressesOf, isAmong } from './options/endpoint.ts';
import type { Options } from './options/options.ts';
import { readResolvConf, upstreamsFrom, watchResolvConf } from './options/resolv-conf.ts';
import { claimSlot, isAwaited, type SlotClaim } from './options/slot.ts';
import { onParentGone, tellParent } from './pair/parent.ts';
import type { Plan } from './plan/plan.ts';
import { planSource } from './plan/plan-source.ts';
import { servedConfig } from './plan/served-config.ts';
import { takePlan } from './plan/take-plan.ts';
import { dropPrivileges, keepPrivate } from './privileges.ts';
import { createResolver, type Resolver } from './resolver.ts';
import { ownSlowness } from './slowness.ts';
import type { CustodyStatus, NodeStatus } from './status.ts';
import { warnIfUnasked } from './unasked.ts';

/** How an instance goes. */
export interface Leaving {
  readonly succession: Succession;
  /** Leaves a connection on which nothing is open to whoever reads our sockets by then; the descriptor stays ours. */
  pass(fd: number): Passing;
}

/** What an instance needs of the other one; it would serve alone without. */
export interface Membership {
  /** Resolves to the sockets of our slot if the twin held them. */
  join(): Promise<readonly ListenSockets[] | undefined>;
  /** It is not to be captured yet: what a predecessor left is to capture nothing either. */
  wait(): void;
  /** What has to be there before sockets are bound. */
  prepare(): Promise<void>;
  /** We read our sockets now. */
  serving(handover: Handover): void;
  /** We are told to serve otherwise, as the handover says: other endpoints, other answers. An endpoint that is wanted no more is given up once the twin does not want it. */
  planChanged(): void;
  /** A twin that is away is waited for at a SIGTERM that comes soon: something is to come in our place. */
  preStop(): void;
  /**
   * Asks others to read our sockets from now on; resolves to whether one does.
   * @param inOrder a twin that has just begun is waited for, for a moment
   */
  leave(inOrder: boolean): Promise<Leaving>;
  /** Waits for no twin any longer; false when it did not. */
  hurry(): boolean;
  stop(): Promise<void>;
  status(): CustodyStatus;
  /** Undefined where nobody sees to the interface and the rules. */
  node(): NodeStatus | undefined;
  /** What is not there yet of interface and rules, a sentence; undefined once they have been. */
  pending(): string | undefined;
}

/** Of an instance that knows no twin: it binds its own sockets, and they die with it. */
export function alone(): Membership {
  let handover: Handover | undefined;
  return {
    join: async () => undefined,
    wait() {},
    prepare: async () => {},
    serving(given) {
      handover = given;
    },
    planChanged() {
      const { sockets = [], wanted = [] } = handover ?? {};
      const left = sockets.filter((one) => !isAmong(one, wanted));
      if (handover !== undefined && left.length > 0) setTimeout(handover.giveUp(left), CLOSED_AFTER).unref();
    },
    preStop() {},
    leave: async () => ({ succession: 'none', pass: () => 'kept' }),
    hurry: () => false,
    stop: async () => {},
    status: () => ({ enabled: false }),
    node: () => undefined,
    pending: () => undefined,
  };
}

/** Milliseconds after which all that has come to a socket by now is answered or given up. */
const CLOSED_AFTER = 6000;

/** Serves until a signal ends the process; resolves when it serves. */
export async function run(
  options: Options,
  meetTwin: (config: Config, log: Log) => Membership,
): Promise<void> {
  keepPrivate(options['core-files']);
  const claim = claimSlot(whereOf(options), options.slot);
  const terminal = isatty(stdout);
  const read = () => buildConfig(options, { slot: claim.slot, terminal, readFile: readResolvConf });
  const { logLevel: level, logFormat: format, upstreamFile, corefile } = read().config;
  const log = createLog({
    level,
    format,
    write: createLogSink(stdout),
    now: Date.now,
    always: { slot: claim.slot },
    colour: mayColour(terminal, process.env),
  });
  // From the first moment: by itself it would end the process.
  process.on('SIGHUP', () => {
    if (upstreamFile === undefined && corefile === undefined)
      log.info('SIGHUP: there is no file that could be read again');
  });
  process.on('SIGUSR1', () => {
    if (corefile === undefined) log.info('SIGUSR1: no debugger is opened');
  });
  let stop: (reason: string) => Promise<void> = async () => {};
  let hurry = () => false;
  const end = stopOnSignals(
    log,
    (reason) => stop(reason),
    () => hurry(),
  );
  if (!claim.isOurs) {
    log.info('another process has this slot: this one waits until that has ended', { slot: claim.slot });
  }
  const uid = await remindingOfWait(claim, log);
  if (uid !== undefined) {
    log.error('another process has taken the name of this slot; serving without it', {
      uid,
    });
  }
  const { config: told, warnings } = read(); // not before: what it is made of may have changed while the slot was waited for
  for (const warning of warnings) log.warn(warning);
  const plans = await planSource(told, log);
  const config = servedConfig(told, plans.plan);
  let journal: Journal | undefined;
  process.on('uncaughtException', (error) => {
    journal?.crash();
    log.error('uncaught exception, exiting: the twin carries on', { err: error });
    process.exit(1);
  });

  const twin = meetTwin(config, log);
  const sockets = await twin.join();
  const isNew = sockets === undefined;
  if (!isNew) {
    await twin.prepare();
    // The twin answers meanwhile, so there is time now for what would hold up the first queries later.
    await prepare(config, log, twin);
  }
  const resolver = createResolver(config, log, { onCacheFull: collectOften, plan: plans.plan });
  // A file may change while the cluster DNS is waited for.
  let admin: Admin | undefined;
  const unwatchUpstreams = watchUpstreams(config, resolver, log);
  const take = (plan: Plan) => {
    takePlan(plan, resolver, twin);
    admin?.setPlanned(plan.admin);
  };
  const unwatchPlan = plans.watch(take, resolver.counters.events);
  const unwatchFiles = () => {
    unwatchUpstreams();
    unwatchPlan();
  };
  let gate: Gate | undefined;
  const source = {
    ...resolver,
    custody: () => twin.status(),
    node: () => twin.node(),
    pending: () => twin.pending(),
    preStop: () => twin.preStop(),
    slotNameTakenBy: uid,
    isAwaited: () => isAwaited(whereOf(options), claim.slot),
    waitsForClusterDns: () => gate?.reason,
  };
  const serveAdmin = async () => {
    const { startAdmin } = await import('./admin/admin.ts');
    admin ??= startAdmin(config, source, log, !(claim.isOurs && isNew), undefined, plans.plan.admin);
    return admin;
  };
  // Of the plan that holds then: a file may name others meanwhile.
  const askedOfCluster = () => ({ ...config, clusterDns: clusterServers(plans.plan, config.clusterDomain) });
  if (isNew && config.requireClusterDns && askedOfCluster().clusterDns.length > 0 && !isServed(twin)) {
    gate = await gateOf(askedOfCluster, log, twin, serveAdmin);
    stop = async () => {
      gate?.stop();
      unwatchFiles();
      admin?.announceStop();
      await twin.stop();
      await resolver.stop();
      admin?.stop();
      claim.release();
    };
    if (!(await gate.open())) return; // it is told to stop, and ends
    stop = async () => {};
  }
  if (isNew) await twin.prepare();
  try {
    resolver.open(sockets);
  } catch (cause) {
    if (!isBindRefusal(cause)) throw cause;
    throw bindError(
      `DNS at ${resolver.listeners().map(formatEndpoint).join(', ')}`,
      '--listen or --port',
      cause,
    );
  }
  journal = resolver.handover.journal;
  journal.tellCrashes();
  twin.serving(resolver.handover);
  const unwatchFitness = watchFitness({
    ...{ slot: config.slot, log, now: monotonicMs, unfit: resolver.unfit },
    hasTwin: () => isServed(twin),
    end: () => end('unfit', 1),
  });
  stop = async (reason) => {
    unwatchFitness();
    const unwatchClusterDns = watchClusterDns(askedOfCluster(), (why) => {
      if (twin.hurry())
        log.warn('the cluster DNS does not answer: the twin is waited for no longer', { why });
    });
    const { succession, pass } = await twin.leave(reason === 'SIGTERM');
    unwatchClusterDns();
    unwatchFiles();
    admin?.announceStop();
    await resolver.stop(succession, pass);
    await twin.stop();
    admin?.stop();
    if (succession === 'taken') await pause(QUIET);
    claim.release(); // last: a process that waits for the slot starts then
  };
  hurry = () => twin.hurry();
  const { endpoint } = await serveAdmin();
  warnOfAbsent(() => addressesOf(resolver.listeners()), log);
  if (config.leader && config.rules !== 'none') warnIfUnasked(resolver.counters, log);
  dropPrivileges(config, log);
  log.info('listening', {
    slot: config.slot,
    listen: resolver.listeners().map(formatEndpoint),
    admin: formatEndpoint(endpoint),
    ms: Math.round(performance.now()), // since the process began
  });
  tellParent('listening');
}

// ---------------------------------------------------------------------------------------------------------------------

/** A roll-out keeps a process waiting for seconds; a third instance waits for ever, and does nothing meanwhile. */
async function remindingOfWait({ slot, ours }: SlotClaim, log: Log): Promise<number | undefined> {
  const told = `another process has the slot ${slot} still, and this one serves nothing until that has ended. A node has one process a slot: if this is none to replace it, start it with the other --slot, or stop it`;
  const first = setTimeout(() => log.warn(told), WAIT_TOLD);
  const again = setInterval(() => log.warn(told), WAIT_TOLD_AGAIN);
  try {
    return await ours;
  } finally {
    clearTimeout(first);
    clearInterval(again);
  }
}

type End = (reason: string, status?: number) => void;
type Admin = ReturnType<typeof import('./admin/admin.ts')['startAdmin']>;

const stdout = 1;
/** Milliseconds after which a process that waits for its slot warns of it, and again. */
const WAIT_TOLD = 10_000;
const WAIT_TOLD_AGAIN = 60_000;
/**
 * Milliseconds for which a process whose work another one has taken is there and does nothing: the kernel clears up behind it,
 * and the next process of its slot is started, at the expense of the twin, which has just got everything.
 */
export const QUIET = 60;

/** An instance that takes so many times longer than on a free processor serves without a rehearsal. */
const HURRIED = 3;

async function prepare(config: Config, log: Log, twin: Membership): Promise<void> {
  await import('./admin/admin.ts');
  // Its first answers will be late; with its processor time short, and its twin's perhaps, those it does not give would be later.
  if (ownSlowness() > HURRIED) return log.debug('not rehearsed: processor time is short');
  const { rehearse } = await import('./rehearsal/rehearsal.ts');
  try {
    // Should the twin go meanwhile, nobody reads our sockets but us.
    log.debug('rehearsed', { answers: await rehearse(config, () => isServed(twin)) });
  } catch (error) {
    log.warn('the start could not be rehearsed: the first answers may be late', { err: error });
  }
}

/** Its port is served while it is shut: probes and people ask there why. */
async function gateOf(
  askedOfCluster: () => Pick<Config, 'clusterDns' | 'clusterDomain'>,
  log: Log,
  twin: Membership,
  serveAdmin: () => Promise<unknown>,
): Promise<Gate> {
  const [{ Gate }, { askClusterDns }] = await Promise.all([
    import('./gate/gate.ts'),
    import('./gate/ask-cluster-dns.ts'),
  ]);
  return new Gate({
    log,
    ask: () => askClusterDns(askedOfCluster()),
    hasTwin: () => isServed(twin),
    onWait() {
      twin.wait();
      serveAdmin().catch((error: unknown) => log.error('the admin port cannot be served', { err: error }));
    },
  });
}

function isServed(twin: Membership): boolean {
  const status = twin.status();
  return status.enabled && status.twins.some(({ serving }) => serving);
}

function watchUpstreams({ upstreamFile, upstreams }: Config, resolver: Resolver, log: Log): () => void {
  if (upstreamFile === undefined) return () => {};
  let known = upstreams.map(formatEndpoint).join();
  function take(text: string | undefined): void {
    const { endpoints, warnings } = upstreamsFrom(upstreamFile!, text, resolver.listeners());
    for (const warning of warnings) log.warn(warning);
    if (endpoints.length === 0) {
      log.warn('upstreams kept as they were', { file: upstreamFile });
      return;
    }
    const named = endpoints.map(formatEndpoint);
    if (named.join() === known) return; // another comment
    known = named.join();
    log.info('upstreams changed', { file: upstreamFile, upstreams: named });
    resolver.setUpstreams(endpoints);
  }
  process.on('SIGHUP', () => take(readResolvConf(upstreamFile)));
  return watchResolvConf(upstreamFile, take);
}

/** The first wish to stop is granted in order, the second at once; where a twin is waited for, that is what it ends. */
function stopOnSignals(log: Log, stop: (reason: string) => Promise<void>, hurry: () => boolean): End {
  let stopping = false;
  function end(reason: string, status = 0): void {
    if (stopping && hurry()) return log.info('the twin is waited for no longer', { reason });
    if (stopping) process.exit(1);
    stopping = true;
    log.info('stopping', { reason });
    stop(reason).then(
      () => {
        log.info('stopped', { ms: Math.round(performance.now()) });
        process.exit(status);
      },
      (error: unknown) => {
        if (error instanceof TwindnsError) log.error(error.message);
        else log.error('stopping failed', { err: error });
        process.exit(error instanceof TwindnsError ? error.exitCode : 1);
      },
    );
  }
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  onParentGone(() => end('parent gone'));
  return end;
}

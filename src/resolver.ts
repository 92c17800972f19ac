// resolver — puts the parts of one instance together, starts them in order, stops them in order.

import { getSystemErrorName } from 'node:util';
import { Arena, descriptorLimit, monotonicMs } from 'node-reuseport';
import { Budget } from './budget.ts';
import { Cache } from './cache/cache.ts';
import { CacheShare } from './cache/cache-share.ts';
import type { Config, Endpoint } from './config.ts';
import { Counters, cacheKinds } from './counters.ts';
import type { Unfit } from './fitness.ts';
import { CONNECTION_TAG, RECORDS_BYTES } from './handover/arena-words.ts';
import type { Passing } from './handover/connection-backup.ts';
import type { Handover, Succession } from './handover/handover.ts';
import { Journal } from './handover/journal.ts';
import { ParkedCells } from './handover/parked-cells.ts';
import { Resting } from './handover/resting.ts';
import { areRetired, type ListenSockets } from './handover/sockets.ts';
import type { ClientConnection } from './listen/client-connection.ts';
import { ClientShares } from './listen/client-shares.ts';
import { ConnectionTable } from './listen/connection-table.ts';
import { HeldReplies } from './listen/held-replies.ts';
import { Listeners, RESERVE } from './listen/listeners.ts';
import { ReplyQueue } from './listen/reply-queue.ts';
import { TcpServer } from './listen/tcp-server.ts';
import { ErrorLogs } from './log/error-log.ts';
import type { Log } from './log/log.ts';
import { MOST_LINES, QueryLines } from './log/query-log.ts';
import { Deadlines } from './loop/deadlines.ts';
import { EventLoop } from './loop/event-loop.ts';
import { Slices } from './loop/slices.ts';
import { type Pace, Sweeper, soonest } from './loop/sweeper.ts';
import { flagsPlan } from './options/flags-plan.ts';
import { atOnce, inTurns } from './pieces.ts';
import { configurationOf } from './plan/configuration.ts';
import type { Plan } from './plan/plan.ts';
import type { ResolverDependencies } from './resolver-dependencies.ts';
import { resolverStatus } from './resolver-status.ts';
import { Service } from './serve.ts';
import type { ResolverStatus, ServerCounters, UpstreamCounters } from './status.ts';
import { Tap } from './top/tap.ts';
import { LAST_ANSWER } from './upstream/asking.ts';
import { failureTeller } from './upstream/failure.ts';
import { Flights } from './upstream/flights.ts';
import { floorsOf } from './upstream/floors.ts';
import { Forwards } from './upstream/forward.ts';
import { LoopProbes } from './upstream/loop-probes.ts';
import { ServerIncidents } from './upstream/server-incidents.ts';
import { Servers } from './upstream/servers.ts';
import { SHARES } from './upstream/waiting-lines.ts';
import { type Audiences, makeAudiences } from './zone/audience.ts';

/** A running instance. */
export interface Resolver {
  readonly counters: Counters;
  readonly budget: Budget;
  status(): ResolverStatus;
  upstreamCounters(): readonly UpstreamCounters[];
  /** What was sent to each server. */
  servers(): readonly ServerCounters[];
  /** Answers as it says from the next query on. @throws RangeError where it has too many zones; nothing has changed then */
  setPlan(plan: Plan): void;
  /** Makes ready for it while queries are answered. Resolves to what has it hold, as `setPlan` does. Rejects as that throws */
  preparePlan(plan: Plan): Promise<() => void>;
  /** Other servers for what is outside of the cluster, from the next question on. */
  setUpstreams(endpoints: readonly Endpoint[]): void;
  /** What it is told to serve. */
  listeners(): readonly Endpoint[];
  /**
   * What it is told to serve from now on. Of what is new, sockets are bound and read at once; those of the rest stay until the
   * membership gives them up: the twin may want them.
   * @throws an Error with `code` (EADDRINUSE, EACCES …) when one cannot be bound; nothing has changed then
   */
  setListeners(endpoints: readonly Endpoint[]): void;
  /** Why it cannot do its work now, if it cannot. */
  unfit(): Unfit | undefined;
  /** Its own sockets; none before it has opened. */
  readonly sockets: readonly ListenSockets[];
  /**
   * Begins to serve, once.
   * @param given sockets to serve instead of fresh ones, which another process reads until the handover's `begin`; they are the
   * resolver's from then on
   * @throws an Error with `code` (EADDRINUSE, EACCES …) when an address cannot be bound; nothing is left open then
   */
  open(given?: readonly ListenSockets[]): void;
  /** What its twin may have and do. */
  readonly handover: Handover;
  /** What the commands of its operator look at. */
  readonly inside: Inside;
  /**
   * Stops in a way that suits what becomes of the sockets. Without a successor nothing new is let in, what has come is
   * answered, what is being asked waited for up to the drain timeout; then everything is closed.
   * @param pass who may get connections that would be ended otherwise
   */
  stop(succession?: Succession, pass?: (fd: number) => Passing): Promise<void>;
}

export interface Inside {
  readonly service: Service;
  readonly cache: Cache;
  readonly counters: Counters;
  readonly now: () => number;
  /** Where datagrams are received. */
  readonly arena: Arena;
  readonly tap: Tap;
  /** Where its first clients ask. */
  listener(): Endpoint;
  /** The share of clients on this machine of what clients may hold. */
  readonly share: number;
}

/** Cells for queries that wait, some while another process answers them; those beyond end with the process. */
const PARKED = 8192;
/** The sockaddr of 127.0.0.1, as far as a share goes by it. */
const LOOPBACK = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1);

/** One that has no sockets yet, so that no query comes: `open` gives it some. */
export function createResolver(config: Config, log: Log, given: ResolverDependencies = {}): Resolver {
  const now = given.now ?? monotonicMs;
  const wallSeconds = given.wallSeconds ?? (() => Math.floor(Date.now() / 1000));
  const plan = given.plan ?? flagsPlan(config);
  let { configuration } = config;
  const counters = new Counters();
  const budget = given.budget ?? new Budget(descriptorLimit());
  const onPanic = (error: unknown) => {
    counters.events.panics++;
    log.error('a query could not be handled; the others go on', { err: error });
  };
  const loop = new EventLoop(onPanic, RESERVE * config.listeners.length);
  const deadlines = new Deadlines(now, onPanic, given.ringIn);
  let own = plan.listeners.map(({ at }) => at);
  const sweeper = new Sweeper(sweep, given.ringIn);
  const sweepLater = () => sweeper.wake();
  const forwards = new Forwards(
    {
      loop,
      deadlines,
      servers: new Servers(now),
      sockets: budget.upstreamSockets,
      now,
      log,
      sweepLater,
    },
    () => own,
  );
  const vital = [config.clusterDomain, ''];
  const parts = { forwards, counters, vital, log };
  let audiences = atOnce(makeAudiences(plan, parts)).begin(Number.NEGATIVE_INFINITY);
  let full = false;
  const cache = new Cache(config.cacheBytes, (pool, entry) => {
    counters.zones[entry.zone]!.cacheEvictions[cacheKinds.indexOf(pool)]! += 1;
    if (full) return;
    full = true;
    given.onCacheFull?.();
  });
  const serverIncidents = new ServerIncidents({
    ...{ log, now, counters: () => counters.clientZones },
    zones: () => audiences.zones.flatMap((zone) => zone?.forwarded ?? []),
  });
  const slices = new Slices(loop, now, onPanic);
  const floors = floorsOf(audiences.zones, config.clusterDomain);
  const errorLogs = new ErrorLogs(log);
  const onFailure = failureTeller(errorLogs, sweepLater);
  const flights = new Flights(
    cache,
    counters,
    { deadlines, slices, now, wallSeconds, onPanic, onFailure },
    budget.waitingQueries,
    floors,
  );
  const queryLines = new QueryLines(
    log.line,
    (leftOut, came) => log.line('more queries came in a second than are told', { came, leftOut }),
    MOST_LINES,
    sweepLater,
  );
  const tap = new Tap();
  const loops = new LoopProbes(flights, log);
  const service = new Service(cache, audiences, flights, loops, counters, queryLines, tap);
  const cacheShare = new CacheShare(
    cache.entries,
    (index) => {
      const zone = audiences.zones[index];
      return zone?.block.steps.length === 0 ? zone.suffix : undefined;
    },
    {
      zone(key, nameLength) {
        const zone = audiences.all[0]!.find(key, nameLength);
        return zone?.block.steps.length === 0 ? zone : undefined;
      },
      now,
      wallSeconds,
    },
  );
  const arena = new Arena({ parked: PARKED, records: RECORDS_BYTES });
  const shares = new ClientShares(SHARES);
  const journal = new Journal(arena);
  arena.attach(cache.readyBytes);
  const parking = new ParkedCells(arena);
  const held = new HeldReplies({
    ...{ arena, parking, deadlines, now, events: counters.events, bound: budget.heldReplies },
    onHold: () => log.warn('the kernel has no room for answers; they are sent as soon as it has'),
  });
  const replies = new ReplyQueue(arena, parking, counters.events, cache.readyBytes, held);
  cache.onOverwrite((from, to) => replies.flushWithin(from, to));
  const resting = new Resting(
    journal,
    () => flights.waiting === 0 && held.count === 0 && connections.count === 0,
  );
  const connections: ConnectionTable = new ConnectionTable({
    arena,
    parking,
    journal,
    resting,
    service,
    counters,
    budget,
    shares,
    tap,
    loop,
    deadlines,
    now,
    onPanic,
    onNoRoom: (error) =>
      log.warn('the system gives no TCP connection; those that come wait for a moment', {
        error: getSystemErrorName(error),
      }),
    sweepLater,
  });
  const tcp = new TcpServer(connections);
  const started = now();

  const keepForwards = () => forwards.keep(new Set(audiences.zones.flatMap((zone) => zone?.forwards ?? [])));
  const hold = (next: Plan, made: Audiences, digits = configurationOf(next)) => {
    own = next.listeners.map(({ at }) => at);
    audiences = made.begin(now());
    keepForwards();
    flights.setZones(
      floorsOf(audiences.zones, config.clusterDomain),
      ({ index, since }) => audiences.zones[index]?.since !== since,
    );
    service.setAudiences(audiences, now());
    loops.watch(audiences.zones);
    sweepLater();
    configuration = digits;
    errorLogs.close(); // another plan counts anew
  };

  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    sweeper.stop();
    deadlines.stop();
    loops.stop();
    flights.close();
    connections.close();
    listeners.close();
    forwards.close();
    errorLogs.close();
    loop.close();
  };
  function sweep(): Pace {
    const at = now();
    const paces = [connections.sweep(at), forwards.sweep(at), loops.sweep(at)];
    serverIncidents.look();
    queryLines.settle(at);
    errorLogs.settle(at);
    loop.retry();
    const isOwed = queryLines.isOwed || errorLogs.isOwed || loop.isShort;
    return isOwed ? 'soon' : soonest(paces);
  }
  sweepLater(); // the reserve may have found no watches

  const udpContext = {
    ...{ arena, parking, journal, resting, replies, cache, service, counters, shares, tap },
    ...{ loop, deadlines, now, onPanic, udpSize: config.udpSize },
  };
  const listeners = new Listeners(config.listeners, config.port, udpContext, tcp, loop);

  const handover: Handover = {
    slot: config.slot,
    get wanted() {
      return listeners.wanted;
    },
    get configuration() {
      return configuration;
    },
    sockets: listeners.sockets,
    endpoints: listeners.endpoints,
    arenaFd: arena.fd,
    journal,
    resting,
    cache: cacheShare,
    connections,
    events: counters.events,
    begin: () => listeners.begin(),
    read: (given) => listeners.read(given),
    giveUp: (unwanted) => listeners.giveUp(unwanted),
    replay: (query, manner, connection) => {
      counters.events.replayed++;
      resting.begin(now());
      const { tag, cell, length } = query;
      try {
        if (tag >= CONNECTION_TAG) (connection as ClientConnection | undefined)?.replay(query, manner);
        else listeners.udpAt(tag)?.replay(cell, length, manner);
      } finally {
        resting.end(now());
      }
    },
  };

  return {
    counters,
    budget,
    status: () =>
      resolverStatus({
        ...{ config, listeners, counters, budget, cache, flights, connections },
        ...{ zones: audiences.zones, now: now(), started },
      }),
    servers: () => forwards.servers(now(), wallSeconds()),
    upstreamCounters: () => forwards.upstreams.flatMap((upstream) => upstream.counters()),
    setPlan: (next) => hold(next, atOnce(makeAudiences(next, parts, audiences))),
    preparePlan: async (next) => {
      keepForwards(); // a plan that was made ready before may never have held
      own = [...own, ...next.listeners.map(({ at }) => at)];
      const made = await inTurns(makeAudiences(next, parts, audiences));
      const digits = configurationOf(next);
      return () => hold(next, made, digits);
    },
    setUpstreams: (endpoints) => {
      const root = audiences.all[0]!.find('\0', 1);
      for (const forward of root?.forwards ?? []) forwards.setServers(forward, endpoints);
    },
    listeners: () => listeners.wanted,
    setListeners: (endpoints) => listeners.want(endpoints),
    unfit: () => {
      if (areRetired(listeners.sockets))
        return { reason: 'no query comes to its sockets', since: 0, isDeaf: true };
      const { failingSince } = listeners.own;
      if (failingSince !== undefined)
        return { reason: 'its sockets cannot be read', since: failingSince, isDeaf: true };
      if (held.since === undefined) return undefined;
      return { reason: 'the kernel takes no answers', since: held.since, isDeaf: false };
    },
    sockets: listeners.sockets,
    open(others) {
      try {
        listeners.open(others);
      } catch (error) {
        close();
        throw error;
      }
      loops.watch(audiences.zones);
      sweepLater();
    },
    handover,
    inside: {
      ...{ service, cache, counters, now, arena, tap, share: shares.of(LOOPBACK, 0) },
      listener: () => listeners.wanted[0]!,
    },
    stop: async (succession = 'none', pass = () => 'kept') => {
      const giveUp = now() + config.drainTimeout;
      const inTime = () => now() < giveUp;
      const isOwed = () => flights.waiting > 0 || held.count > 0;
      if (succession === 'none' || succession === 'read') {
        // Clients that ask while the others wait have nothing else to ask; by then all who wait now have their answers.
        const lastAnswer = Math.min(giveUp, now() + LAST_ANSWER);
        while (succession === 'none' && isOwed() && now() < lastAnswer) await turn();
        for (const reading of listeners.all) succession === 'none' ? reading.retire() : reading.stop();
        while ((!connections.drain(pass) || isOwed()) && inTime()) await turn();
        for (const reading of listeners.all) reading.drain();
        return close();
      }
      if (succession === 'unsure') while (isOwed() && inTime()) await turn();
      while (!connections.toldAll() && inTime()) await turn(); // what nobody else has would end with us
      sweeper.stop();
      for (const reading of listeners.all) reading.stop();
      connections.tellUntold();
      connections.pause();
      loops.stop();
      flights.close();
    },
  };
}

/** Milliseconds between looks at what is still to be answered. */
const TURN = 5;

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TURN));
}

// server-incidents — what is told in the log of servers and of the zones that are asked of them: which, since when, how much, why,
// and what to do about it.

import type { ZoneCounters } from '../counters.ts';
import { type Incident, Incidents } from '../log/incidents.ts';
import type { Log } from '../log/log.ts';
import { SERVFAIL } from '../message/message.ts';
import type { FailureReason, UpstreamState } from '../status.ts';
import type { ServerRecord } from './server-record.ts';

/** Milliseconds between two looks. */
const LOOK = 1000;
/** What is failing or slow may soon be down, or well: it is told when it has lasted so long. Down is what has lasted. */
const LASTS = 5000;

const advice: Readonly<Record<FailureReason, string>> = {
  timeout: 'look whether it runs, and at the network between it and this node',
  refused: 'nothing serves that port there: look at that server, or name another one',
  unreachable: 'this node has no way to it: look at its routes and network policies',
  closed: 'it ends its connections: look at its log and its limits',
  malformed: 'what it sends cannot be read: look at that server, or name another one',
  mismatch: 'replies to other questions come in its place: look at that server, and at what lies between',
  formerr: 'it cannot read what it is asked: look at that server, or name another one',
  servfail: 'it cannot resolve what it is asked: look at the servers it asks itself',
  other_rcode: 'it will not answer: look at its access rules',
};

/** A zone whose names are asked of servers. */
export interface ForwardedZone {
  /** With trailing dot. */
  readonly name: string;
  readonly records: readonly ServerRecord[];
}

/** What is looked at. */
export interface Looked {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly now: () => number;
  readonly zones: () => readonly ForwardedZone[];
  readonly counters: () => readonly Pick<ZoneCounters, 'zone' | 'responses' | 'servedStale'>[];
}

/** A server, and the zones that are asked of it. */
interface Server {
  readonly record: ServerRecord;
  /** `192.0.2.1:53/udp` */
  readonly name: string;
  readonly zones: string[];
}

type Counts = ReadonlyMap<string, { readonly servfail: number; readonly stale: number }>;

export class ServerIncidents {
  readonly #looked: Looked;
  readonly #servers: Incidents;
  readonly #zones: Incidents;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #counts: Counts = new Map();
  /** The servers of the last look; whether all of them had been tried was told once. */
  #known = '';
  #isTold = false;

  constructor(looked: Looked) {
    this.#looked = looked;
    this.#servers = new Incidents(looked.log, looked.now);
    this.#zones = new Incidents(looked.log, looked.now);
  }

  /** Called a few times a second. */
  look(): void {
    const now = this.#looked.now();
    const between = now - this.#lookedAt;
    if (between < LOOK) return;
    this.#lookedAt = now;
    const zones = this.#looked.zones();
    const servers = serversOf(zones);
    this.#tellFirst(servers);
    const lossy = this.#lossOfAll(servers, now);
    const found = new Map<string, Incident>(lossy === undefined ? [] : [['network', lossy]]);
    for (const server of servers) {
      const incident = lossy === undefined ? incidentOf(server, servers, now) : undefined;
      if (incident !== undefined) found.set(server.name, incident);
    }
    this.#servers.look(found);
    this.#zones.look(this.#incidentsOfZones(zones, between / 1000));
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Once after a start, or when the servers are others: what the first look at all of them has found. */
  #tellFirst(servers: readonly Server[]): void {
    const names = servers.map(({ name }) => name).join(' ');
    if (names !== this.#known) {
      this.#known = names;
      this.#isTold = false;
    }
    if (this.#isTold || servers.length === 0) return;
    const states = servers.map(({ record }) => record.state);
    const isBad = states.some((state) => badStates.includes(state));
    if (!isBad && states.includes('unasked')) return;
    this.#isTold = true;
    if (!isBad) this.#looked.log.info('all upstreams answer', { upstreams: names });
  }

  /** Where all of several servers lose answers it is hardly the servers. */
  #lossOfAll(servers: readonly Server[], now: number): Incident | undefined {
    const asked = servers.filter(({ record }) => record.state !== 'unasked');
    const areAll = asked.every(
      ({ record }) => record.state === 'failing' && record.reason(now) === 'timeout',
    );
    if (asked.length < 2 || !areAll) return undefined;
    const lost = ({ name, record }: Server) => {
      const { failed, asked } = record.status(now).lastMinute;
      return `${name} ${percentOf(failed.timeout ?? 0, asked)}`;
    };
    return {
      level: 'warn',
      kind: 'loss',
      lasts: LASTS,
      tell: () => ({
        message: "every upstream loses answers: look at this node's network",
        fields: { upstreams: asked.map(lost).join(', ') },
      }),
      over: () => ({ message: 'upstreams lose no answers any more', fields: {} }),
    };
  }

  #incidentsOfZones(zones: readonly ForwardedZone[], seconds: number): Map<string, Incident> {
    const before = this.#counts;
    this.#counts = new Map(
      this.#looked
        .counters()
        .map((one) => [one.zone, { servfail: one.responses[SERVFAIL]!, stale: one.servedStale[0]! }]),
    );
    const found = new Map<string, Incident>();
    for (const { name: zone, records } of zones) {
      if (records.some(({ state }) => state !== 'down')) continue;
      const rate = (of: 'servfail' | 'stale') => {
        const grown = (this.#counts.get(zone)?.[of] ?? 0) - (before.get(zone)?.[of] ?? 0);
        return `${Math.round(grown / seconds)}/s`;
      };
      const isEmpty = records.length === 0;
      found.set(zone, {
        level: 'error',
        kind: isEmpty ? 'none' : 'down',
        lasts: isEmpty ? LASTS : 0,
        tell: () => ({
          message: isEmpty
            ? 'a zone has no upstream, and its names get SERVFAIL: name a server for it'
            : 'a zone cannot be answered, but from old data: none of its upstreams answers',
          fields: { zone, upstreams: records.length, servfail: rate('servfail'), stale: rate('stale') },
        }),
        over: () => ({ message: 'a zone is answered again', fields: { zone } }),
      });
    }
    return found;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const badStates: readonly UpstreamState[] = ['slow', 'failing', 'down'];

/** @param servers all of them */
function incidentOf(
  { record, name, zones }: Server,
  servers: readonly Server[],
  now: number,
): Incident | undefined {
  const { state, usual } = record;
  if (!badStates.includes(state)) return undefined;
  const where = { to: name, zones: zones.join(' ') };
  return {
    level: 'warn',
    kind: state,
    lasts: state === 'down' ? 0 : LASTS,
    tell() {
      const { lastMinute, reason } = record.status(now);
      const failed = Object.values(lastMinute.failed).reduce((sum, count) => sum + count, 0);
      const counted = { ...where, asked: lastMinute.asked, failed };
      if (state === 'slow')
        return {
          message: 'an upstream is slow: look at its load, and at the servers it asks itself',
          fields: {
            ...counted,
            median: millisecondsText(record.median(now)),
            usual: millisecondsText(usual),
          },
        };
      const others = servers.filter(
        (other) => other.record.state === 'up' && other.zones.some((zone) => zones.includes(zone)),
      );
      const what = advice[reason ?? 'timeout'];
      return {
        message: state === 'down' ? `an upstream does not answer: ${what}` : `an upstream fails: ${what}`,
        fields: {
          ...counted,
          ...(state === 'down' ? {} : { part: percentOf(failed, lastMinute.asked) }),
          reason: reason ?? 'timeout',
          instead: others.map((other) => other.name).join(' ') || 'none',
        },
      };
    },
    over: () => ({ message: 'an upstream is well again', fields: { ...where, was: state } }),
  };
}

function millisecondsText(ms: number | null | undefined): string | undefined {
  return typeof ms === 'number' ? `${Math.round(ms * 10) / 10} ms` : undefined;
}

function percentOf(part: number, all: number): string {
  return `${Math.round((100 * part) / Math.max(1, all))} %`;
}

/** Each once. */
function serversOf(forwarded: readonly ForwardedZone[]): readonly Server[] {
  const found = new Map<ServerRecord, Server>();
  for (const { name: zone, records } of forwarded)
    for (const record of records) {
      const name = `${record.endpoint}/${record.transport}`;
      const known = found.get(record) ?? { record, name, zones: [] };
      if (!known.zones.includes(zone)) known.zones.push(zone);
      found.set(record, known);
    }
  return [...found.values()];
}

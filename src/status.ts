// status — the shape of what an instance tells about itself at /status; everything here is plain JSON.

import type { Unit } from './budget.ts';
import type { InterfaceType, RulesKind, Slot } from './config.ts';
import type { NotKeptReason } from './counters.ts';
import type { StallCause } from './loop/stalls.ts';

/**
 * How a server fares, in one word. up: it answers. slow: it does, but so late that questions are asked elsewhere meanwhile, or
 * much later than usual. failing: more than one in ten of the last questions came to nothing. down: it answers nothing, for 3 s
 * and 3 sends at least. unasked: nothing was sent to it for a minute, or nothing has come of it yet.
 */
export const upstreamStates = ['up', 'slow', 'failing', 'down', 'unasked'] as const;
export type UpstreamState = (typeof upstreamStates)[number];

/**
 * Why a send brought no answer. timeout: nothing came before the question was answered elsewhere, or given up. refused: the port
 * is closed, or the handshake of TLS fails. unreachable: the network knows no way. closed: the connection ended. malformed: what
 * came cannot be read, or is cut short over TCP. mismatch: replies came, to other questions. The others are RCODEs.
 */
export const failureReasons = [
  'timeout',
  'refused',
  'unreachable',
  'closed',
  'malformed',
  'mismatch',
  'formerr',
  'servfail',
  'other_rcode',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** What came of what was sent to a server, questions and probes, in the last 50 to 60 s. */
export interface LastMinute {
  readonly asked: number;
  /** Those that are none are left out. */
  readonly failed: Readonly<Partial<Record<FailureReason, number>>>;
  /** Of all answers, also those that came too late; null where none came. To 10 %. */
  readonly medianMs: number | null;
  readonly p99Ms: number | null;
}

/** A server over the transport that its forward prefers: the same wherever it is told of. */
export interface UpstreamStatus {
  /** `192.0.2.1:53` */
  readonly endpoint: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly state: UpstreamState;
  /** For how long it has been so. */
  readonly sinceSeconds: number;
  /** What most failures of the last minute are; null where there are none. */
  readonly reason: FailureReason | null;
  /** False while it is down. */
  readonly healthy: boolean;
  /** Since its last answer; null before the first. */
  readonly lastAnswerSeconds: number | null;
  readonly lastMinute: LastMinute;
  /** The median of the last minute; null where no answer came. */
  readonly latencyMs: number | null;
  /** Sends since the start, and those that brought no answer. */
  readonly requests: number;
  readonly failures: number;
}

export interface RouteStatus {
  /** Suffix with trailing dot. */
  readonly zone: string;
  /** Whether its names are asked of servers: without one they get SERVFAIL then. */
  readonly isForwarded: boolean;
  /** The directives of its block that have to do with answers. */
  readonly plugins: readonly string[];
  readonly upstreams: readonly UpstreamStatus[];
}

/** What is held for clients of one kind. */
export interface BoundStatus {
  /** As in the metrics' label `bound`. */
  readonly name: string;
  /** Of the numbers that follow. */
  readonly unit: Unit;
  readonly most: number;
  readonly held: number;
  /** How often there was no room. */
  readonly refused: number;
}

export interface PartStatus {
  readonly bytes: number;
  readonly maxBytes: number;
}

/** Replies that lie ready; answers; what says that there is nothing; where to look for them. */
export const cacheParts = ['ready', 'answers', 'denials', 'index'] as const;
export type CacheParts = Readonly<Record<(typeof cacheParts)[number], PartStatus>>;

/** What the resolver says of itself. */
export interface ResolverStatus {
  readonly slot: Slot;
  readonly pid: number;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** `127.0.0.1:53/udp`, with the receive buffer the kernel granted in bytes (0 for TCP). */
  readonly listen: readonly { readonly address: string; readonly receiveBuffer: number }[];
  readonly queries: number;
  readonly answers: number;
  readonly hits: number;
  /** Questions being asked upstream right now. */
  readonly inFlight: number;
  readonly tcpConnections: number;
  /** What is held for clients; see src/budget.ts. */
  readonly budget: readonly BoundStatus[];
  readonly cache: {
    readonly bytes: number;
    readonly maxBytes: number;
    readonly parts: CacheParts;
    readonly entries: { readonly success: number; readonly denial: number };
  };
  readonly routes: readonly RouteStatus[];
}

/** A port where HTTP is served. */
export interface PortStatus {
  /** corefile: one that a Corefile asks for. */
  readonly name: 'admin' | 'health' | 'corefile';
  /** `127.0.0.1:9253` */
  readonly address: string;
  /** False while it cannot be had: then it is tried again. */
  readonly served: boolean;
  /** How often it could not be had. */
  readonly failures: number;
}

/** What a zone was asked in the last minute. */
export interface ZoneMinute {
  /** With trailing dot. */
  readonly zone: string;
  readonly answers: number;
  readonly servfail: number;
  /** Answers that had run out, given because no server answered. */
  readonly stale: number;
  /** Answers of servers that may not be kept, by why; those that are none are left out. */
  readonly notKept: Readonly<Partial<Record<NotKeptReason, number>>>;
}

/** What an instance has counted in the last minute. */
export interface InstanceMinute {
  /** What it covers: less than 60 after a start. */
  readonly seconds: number;
  readonly queries: number;
  readonly hits: number;
  readonly misses: number;
  readonly servfail: number;
  readonly stale: number;
  /** Answers that had to make room for others. */
  readonly evictions: number;
  /** Datagrams the kernel dropped; null where it does not tell. */
  readonly drops: number | null;
  /** Seconds for which it did not run, or was busy with one thing, by why; those that are none are left out. */
  readonly stallSeconds: Readonly<Partial<Record<StallCause, number>>>;
  /** For how long it has had no twin, to some five seconds; null while it has one, or custody is off. */
  readonly aloneSeconds: number | null;
  /** How often the twin has died in the last hour. */
  readonly twinDeathsInHour: number;
  /** Those that were asked for. */
  readonly zones: readonly ZoneMinute[];
}

/** The whole of /status. */
export interface InstanceStatus extends ResolverStatus {
  readonly lastMinute: InstanceMinute;
  readonly listen: readonly ListenStatus[];
  readonly ports: readonly PortStatus[];
  /** The user of the process that had the name of our slot at the start; null where we have it. */
  readonly slotNameTakenBy: number | null;
  /** Why it takes no query yet, part of a sentence; null once it has begun to serve. */
  readonly waitsForClusterDns: string | null;
  readonly custody: CustodyStatus;
  /** Null where no instance keeps the interface and the rules. */
  readonly node: NodeStatus | null;
}

/** As node-cache counts them. */
export const setupErrors = [
  'iptables',
  'iptables_lock',
  'interface_add',
  'interface_check',
  'configmap',
] as const;
export type SetupError = (typeof setupErrors)[number];

/** What this instance has to do with the interface and the rules. */
export interface NodeStatus {
  /** Started with --leader. */
  readonly leader: boolean;
  /** It keeps them now. */
  readonly acting: boolean;
  /** How often that has changed. */
  readonly dutyChanges: number;
  /** As far as it knows of any. */
  readonly interface: { readonly name: string; readonly type: InterfaceType } | null;
  readonly rules: RulesKind | null;
  /** Looks at one of them, and what they took together. */
  readonly reconciles: number;
  readonly seconds: number;
  /** How often something had to be made or removed. */
  readonly changes: number;
  readonly errors: Readonly<Record<SetupError, number>>;
  /** What this node cannot have, in sentences: a kernel without the match for sockets, say. */
  readonly warnings: { readonly interface: readonly string[]; readonly rules: readonly string[] };
  /** Of the interface, itself and its addresses; of the rules, the rules. */
  readonly wanted: { readonly interface: number; readonly rules: number };
  /** At the last look; null where this instance does not look, as when it does not act. */
  readonly found: { readonly interface: number | null; readonly rules: number | null };
  /** Why the last attempt to look, or to make it so, failed; null when it did not. */
  readonly problems: { readonly interface: string | null; readonly rules: string | null };
}

export interface ListenStatus {
  readonly address: string;
  readonly receiveBuffer: number;
  /** Datagrams the kernel dropped because this queue was full; null for TCP, and where the kernel does not tell. */
  readonly queueDrops: number | null;
}

/**
 * addresses: the twin's --listen has others. settings: so have other flags that change answers. channel: the twin runs and cannot
 * be met. slot: another process waits for the slot of this one.
 */
export const pairProblems = ['addresses', 'settings', 'channel', 'slot'] as const;
export type PairProblemKind = (typeof pairProblems)[number];

export interface PairProblem {
  readonly problem: PairProblemKind;
  readonly text: string;
}

export const takeoverReasons = ['died', 'left', 'stuck'] as const;
export type TakeoverReason = (typeof takeoverReasons)[number];

/** How this instance and its twin look after each other. */
export type CustodyStatus = { readonly enabled: false } | EnabledCustodyStatus;

export interface EnabledCustodyStatus {
  readonly enabled: true;
  /** Version of the protocol twins speak. */
  readonly protocol: number;
  /** The twin, once both have met. */
  readonly twins: readonly TwinStatus[];
  /** Whose sockets are read by this process: its own first. */
  readonly reads: readonly SocketsRead[];
  /** The instance that would go on with our TCP connections. */
  readonly guard: { readonly slot: Slot; readonly pid: number } | null;
  /** Our TCP connections that instance does not hold yet; all of them when there is none. */
  readonly untoldConnections: number;
  /** What keeps the twin from calling this instance; null when nothing does. */
  readonly channelProblem: string | null;
  /** What else is between the two instances. */
  readonly problems: readonly PairProblem[];
  /** Callers of another user. */
  readonly refusedCallers: number;
  /** How often the work of a twin was gone on with. */
  readonly takeovers: Readonly<Record<TakeoverReason, number>>;
  /** What all of them took together. */
  readonly takeoverSeconds: number;
  /** How often the sockets of a twin that did not read them were read beside it. */
  readonly stolen: number;
  /** Connections of a twin ended because an answer on them was torn. */
  readonly tornConnections: number;
  /** For which no twin served, since the start. */
  readonly aloneSeconds: number;
  /** By the name of each setting that both instances know, whether the twin has the same; empty while there is no twin. */
  readonly settingsMatch: Readonly<Record<string, boolean>>;
  /** Queries of a twin answered here. */
  readonly replayed: number;
  /** Queries of a twin refused unseen: it may have crashed on them. */
  readonly suspectsRefused: number;
  readonly inheritedConnections: number;
  /** Connections a twin took because it thought us stuck. */
  readonly relinquishedConnections: number;
  /** What would end with this process, so far. */
  readonly unprotected: { readonly queries: number; readonly connections: number };
  readonly fills: FillStatus;
}

export interface TwinStatus {
  readonly slot: Slot;
  readonly pid: number;
  readonly version: string;
  /** We hold its sockets, so it has them and reads them. */
  readonly serving: boolean;
  /** It has said that it will end. */
  readonly leaving: boolean;
  /** It does not read its sockets, so we do, too, for a moment. */
  readonly readBeside: boolean;
  /** Its TCP connections held here. */
  readonly heldConnections: number;
  /** Bytes of answers kept for clients on them that do not read. */
  readonly heldAnswerBytes: number;
  /** Milliseconds since it was last seen at work; null while it is not known. */
  readonly beatAgeMs: number | null;
  /** Whether its memory can be understood; null before it serves. */
  readonly layoutKnown: boolean | null;
}

export interface SocketsRead {
  readonly slot: Slot;
  /** Of the process they are read for, 0 when it cannot be seen from here. */
  readonly pid: number;
  /** new: it has just begun, and is helped. */
  readonly reason: 'own' | 'new' | TakeoverReason;
}

/** Cached answers told between twins. */
export interface FillStatus {
  readonly sent: number;
  /** Not sent, because the twin did not read what it was told before. */
  readonly dropped: number;
  readonly received: number;
  /** Those of the received that were news. */
  readonly taken: number;
  readonly rejected: number;
}

/** Per upstream and transport, for metrics: same buckets as the query durations. */
export interface UpstreamCounters {
  readonly endpoint: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** By RCODE: buckets of `durationBounds` plus one. */
  readonly durations: ReadonlyMap<number, Float64Array>;
  readonly durationSums: ReadonlyMap<number, number>;
  readonly healthcheckFailures: number;
  readonly connectionsReused: number;
  readonly connectionsOpened: number;
}

/** What was sent to a server by one transport, since the start. */
export interface ServerCounters {
  readonly endpoint: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly requests: number;
  readonly failures: Readonly<Record<FailureReason, number>>;
  /** Replies that were to no question of ours. */
  readonly mismatches: number;
  /** Undefined where it is asked by it only for what does not fit the other transport. */
  readonly state: UpstreamState | undefined;
  /** Median of the last minute; undefined where no answer came. */
  readonly latencyMs: number | undefined;
  /** Of its last answer, since 1970; undefined before the first. */
  readonly lastAnswerAt: number | undefined;
}

// protocol — what twins tell each other: one JSON object a message, descriptors beside it; and, where there are many, bytes.
//
// A message that cannot be read is ignored. The types but `election`, the fields of a message, and the order of the descriptors
// mean the same in every version of the protocol: twins of two versions hold each other's sockets and hand them over, so an
// update loses nothing. An endpoint at the pair's port goes by its address, another one has its port behind it. Memory, bytes and `election` are for a twin of the same protocol alone.

import { LONGEST_RECORD } from '../../src/cache/entry-record.ts';
import type { Slot } from '../../src/config.ts';
import { slots } from '../../src/config.ts';
import { type ElectionMessage, isElectionMessage } from '../node/election-message.ts';
import { isSettings, type Settings } from './settings.ts';

export const PROTOCOL_VERSION = 5;

/** The longest message of words, bytes: endpoints are most of it, and descriptors run out before they fill it. */
export const LONGEST_WORDS = 16_384;
/** Characters of a text that names a process. */
const LONGEST_NAME = 64;

/**
 * join: I am here and want what you hold of my slot. welcome: I am your twin; here are my sockets, my arena and my process state,
 * and behind them your sockets, if they are in my custody. serving: I am ready to read my sockets; here is the same. leaving: I go;
 * read my sockets. taken: I do, and go on with all you have. read: I do, but cannot go on with the rest. connection: one on
 * which nothing is open, for a twin that said `read`. election: my part in keeping the interface and the rules.
 */
export const messageTypes = [
  'join',
  'welcome',
  'serving',
  'leaving',
  'taken',
  'read',
  'connection',
  'election',
] as const;
export type MessageType = (typeof messageTypes)[number];

export interface Message {
  readonly type: MessageType;
  readonly protocol: number;
  readonly slot: Slot;
  readonly pid: number;
  /** Of one process alone: processes in different PID namespaces may have the same pid. */
  readonly instance: string;
  /** Of the program, for people. */
  readonly version: string;
  /** Endpoints whose sockets (UDP, TCP) come first among the descriptors; the arena and the process state follow them. */
  readonly own: readonly string[];
  /** Endpoints of the receiver's slot whose sockets come last. */
  readonly yours: readonly string[];
  /** With `join`, `welcome` and `serving`: what it wants at the pair's port. Left out by a version that meets no instance with others. */
  readonly listen?: readonly string[];
  /** Likewise: what it wants at other ports. Left out by a version that knows of none; it is shown no sockets of such endpoints. */
  readonly further?: readonly string[];
  /** Likewise: the endpoints its arena names, by their places in it; left out they are those of `own`, in the order of their texts. */
  readonly places?: readonly string[];
  /** Likewise: what both are to be told alike. */
  readonly settings?: Settings;
  /** With `leaving` only: it stays if the twin does not take over. */
  readonly patient?: boolean;
  /** With `election` only; the descriptors are those of its parts. */
  readonly election?: ElectionMessage;
}

export function encode(message: Message): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** The message, or undefined when it is none that we know: its sender is not relied on. */
export function decode(bytes: Uint8Array): Message | undefined {
  if (bytes.length > LONGEST_WORDS) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
  return isMessage(value) ? value : undefined;
}

/**
 * First byte of a message in bytes: a connection, answers of the cache (see cache-sync), answers a client has not read; or nothing
 * but that it comes, to which a twin that rests shows that it is there.
 */
export const CONNECTION = 1;
export const FILLS = 2;
export const BACKLOG = 3;
export const ROUSE = 4;

/** The longest message: one record of the cache, when it is that long. The default socket buffer holds three of them. */
export const LONGEST_FILLS = 2 + LONGEST_RECORD;

/** The channel's part that carries bulk: it never blocks and never keeps what it cannot send. */
export interface BulkSender {
  /** False when the twin takes no more right now; `whenReady` runs once when it does again. */
  sendBulk(bytes: Uint8Array, length: number): boolean;
  whenReady(task: () => void): void;
  /** Runs `task` once at the end of this turn, if it is known that there is room; else as `whenReady`. */
  soon(task: () => void): void;
}

/** A connection that was accepted, its descriptor beside it; or answers a client has not taken behind `offset` bytes. */
export type Binary =
  | { readonly kind: typeof CONNECTION; readonly record: number; readonly generation: number }
  | {
      readonly kind: typeof BACKLOG;
      readonly record: number;
      readonly generation: number;
      readonly offset: number;
      readonly answers: Uint8Array;
    };

export const CONNECTION_BYTES = 12;
/** Bytes before the answers: kind, record, generation, offset. */
const BACKLOG_HEADER = 20;

export function writeConnection(out: DataView, record: number, generation: number): void {
  out.setUint32(0, CONNECTION, true);
  out.setInt32(4, record, true);
  out.setInt32(8, generation, true);
}

export function encodeBacklog(
  record: number,
  generation: number,
  offset: number,
  answers: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(BACKLOG_HEADER + answers.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BACKLOG, true);
  view.setInt32(4, record, true);
  view.setInt32(8, generation, true);
  view.setFloat64(12, offset, true);
  bytes.set(answers, BACKLOG_HEADER);
  return bytes;
}

/** Undefined when it is neither. The answers lie in `bytes`. */
export function decodeBinary(bytes: Uint8Array): Binary | undefined {
  if (bytes.length < CONNECTION_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint32(0, true);
  const record = view.getInt32(4, true);
  const generation = view.getInt32(8, true);
  if (kind === CONNECTION && bytes.length === CONNECTION_BYTES) return { kind, record, generation };
  if (kind !== BACKLOG || bytes.length < BACKLOG_HEADER) return undefined;
  return {
    kind,
    record,
    generation,
    offset: view.getFloat64(12, true),
    answers: bytes.subarray(BACKLOG_HEADER),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const said = value as Record<string, unknown>;
  const { type, protocol, slot, pid, version, instance, own, yours, election, patient } = said;
  const { listen = [], further = [], places = [], settings = {} } = said;
  return (
    messageTypes.some((known) => known === type) &&
    Number.isSafeInteger(protocol) &&
    slots.some((known) => known === slot) &&
    Number.isSafeInteger(pid) &&
    isName(version) &&
    isName(instance) &&
    areTexts(own) &&
    areTexts(yours) &&
    areTexts(listen) &&
    areTexts(further) &&
    areTexts(places) &&
    isSettings(settings) &&
    (patient === undefined || typeof patient === 'boolean') &&
    (type !== 'election' || (protocol === PROTOCOL_VERSION && isElectionMessage(election)))
  );
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_NAME;
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

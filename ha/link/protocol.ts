// protocol — what twins tell each other: one JSON object a message, descriptors beside it; and, where there are many, bytes.
//
// A process that cannot read a message ignores it. With one that speaks another protocol only those words are exchanged whose
// meaning is the same in all: nothing is handed over that would be understood wrongly.

import type { Slot } from '../../src/config.ts';
import { slots } from '../../src/config.ts';
import { type ElectionMessage, isElectionMessage } from '../node/election-message.ts';

export const PROTOCOL_VERSION = 4;

/**
 * join: I am here and want what you hold of my slot. welcome: I am your twin; here are my sockets, my arena and how I fare
 * (see life), and behind them yours, if they are in my custody. serving: I read my slot now; here is the same. leaving: I go;
 * read my sockets. taken: I do, and go on with all you have. read: I do, but cannot go on with the rest. duty: what I have to
 * do with the interface and the rules. stranger: I speak another protocol, so each of us looks after itself; here are your
 * sockets, if nobody else has them. bequest, connection: see bequest.
 */
export const messageTypes = [
  'join',
  'welcome',
  'serving',
  'leaving',
  'taken',
  'read',
  'duty',
  'stranger',
  'bequest',
  'connection',
] as const;
export type MessageType = (typeof messageTypes)[number];

/** Mean the same in every version, and so do the fields `own` and `yours` of them, and what lies beside. */
const lasting: readonly unknown[] = ['stranger', 'bequest', 'connection', 'read'] satisfies MessageType[];

export interface Message {
  readonly type: MessageType;
  readonly protocol: number;
  readonly slot: Slot;
  readonly pid: number;
  /** Of one process alone: processes in different PID namespaces may have the same pid. */
  readonly instance: string;
  /** Of the program, for people. */
  readonly version: string;
  /**
   * Addresses whose sockets (UDP, TCP) come first among the descriptors; the arena and the life follow them, but not in a
   * `bequest`.
   */
  readonly own: readonly string[];
  /** Addresses of the receiver's slot whose sockets come last. */
  readonly yours: readonly string[];
  /** With `leaving` only: it stays if nobody takes over. */
  readonly patient?: boolean;
  /** With `duty` only; the descriptors are those of its parts. */
  readonly duty?: ElectionMessage;
}

export function encode(message: Message): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** The message, or undefined when it is none of ours: whoever sent it is not relied on. */
export function decode(bytes: Uint8Array): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
  if (isMessage(value)) return value;
  return isOfOtherProtocol(value) ? ofOtherProtocol(value) : undefined;
}

/** First byte of a message in bytes; 2 is that of fills. */
export const CONNECTION = 1;
export const BEHIND = 3;

/** A connection that was accepted, its descriptor beside it; or answers a client has not taken behind `offset` bytes. */
export type Binary =
  | { readonly kind: typeof CONNECTION; readonly record: number; readonly generation: number }
  | {
      readonly kind: typeof BEHIND;
      readonly record: number;
      readonly generation: number;
      readonly offset: number;
      readonly answers: Uint8Array;
    };

export const CONNECTION_BYTES = 12;
/** Bytes before the answers: kind, record, generation, offset. */
const BEHIND_HEADER = 20;

export function writeConnection(out: DataView, record: number, generation: number): void {
  out.setUint32(0, CONNECTION, true);
  out.setInt32(4, record, true);
  out.setInt32(8, generation, true);
}

export function encodeBehind(
  record: number,
  generation: number,
  offset: number,
  answers: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(BEHIND_HEADER + answers.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BEHIND, true);
  view.setInt32(4, record, true);
  view.setInt32(8, generation, true);
  view.setFloat64(12, offset, true);
  bytes.set(answers, BEHIND_HEADER);
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
  if (kind !== BEHIND || bytes.length < BEHIND_HEADER) return undefined;
  return {
    kind,
    record,
    generation,
    offset: view.getFloat64(12, true),
    answers: bytes.subarray(BEHIND_HEADER),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function isMessage(value: unknown): value is Message {
  if (!isHeader(value) || value.protocol !== PROTOCOL_VERSION) return false;
  const { type, version, instance, own, yours, duty, patient } = value as unknown as Record<string, unknown>;
  return (
    messageTypes.some((known) => known === type) &&
    (type !== 'duty' || isElectionMessage(duty)) &&
    (patient === undefined || typeof patient === 'boolean') &&
    typeof version === 'string' &&
    typeof instance === 'string' &&
    areTexts(own) &&
    areTexts(yours)
  );
}

/** Whoever says what only its own protocol knows is a stranger. */
function ofOtherProtocol(value: Message): Message {
  const { type, own, yours } = value as unknown as Record<string, unknown>;
  const lasts = lasting.includes(type) && areTexts(own) && areTexts(yours);
  return lasts ? value : { ...value, type: 'stranger', own: [], yours: [] };
}

/** These fields keep their meaning in every version. */
function isOfOtherProtocol(value: unknown): value is Message {
  if (!isHeader(value) || value.protocol === PROTOCOL_VERSION) return false;
  const { version } = value as unknown as Record<string, unknown>;
  return typeof version === 'string' || version === undefined;
}

function isHeader(value: unknown): value is Pick<Message, 'protocol' | 'slot' | 'pid'> {
  if (typeof value !== 'object' || value === null) return false;
  const { protocol, slot, pid } = value as Record<string, unknown>;
  return Number.isSafeInteger(protocol) && slots.some((known) => known === slot) && Number.isSafeInteger(pid);
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

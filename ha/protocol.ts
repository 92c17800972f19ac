// protocol — what twins tell each other: one JSON object a message, descriptors beside it.
//
// A process that cannot read a message ignores it; one that speaks another protocol is served beside, not with.

import type { Slot } from '../src/config.ts';
import { slots } from '../src/config.ts';

export const PROTOCOL_VERSION = 1;

/**
 * join: I am here and want what you hold of my slot. welcome: I am your twin; here are my sockets and my arena, and behind
 * them yours, if they are in my custody. serving: I read my slot now; here are its sockets and my arena. leaving: I go;
 * read my sockets. taken: I do.
 */
export const messageTypes = ['join', 'welcome', 'serving', 'leaving', 'taken'] as const;
export type MessageType = (typeof messageTypes)[number];

export interface Message {
  readonly type: MessageType;
  readonly protocol: number;
  readonly slot: Slot;
  readonly pid: number;
  /** Addresses whose sockets (UDP, TCP) come first among the descriptors; the arena follows them. */
  readonly own: readonly string[];
  /** Addresses of the receiver's slot whose sockets come last. */
  readonly yours: readonly string[];
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
  return isMessage(value) ? value : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { type, protocol, slot, pid, own, yours } = value as Record<string, unknown>;
  return (
    messageTypes.some((known) => known === type) &&
    protocol === PROTOCOL_VERSION &&
    slots.some((known) => known === slot) &&
    Number.isSafeInteger(pid) &&
    areTexts(own) &&
    areTexts(yours)
  );
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

// name — domain names as wire bytes: walking, comparing, folding; never as text, so no label is ever re-spelled.

import { MAX_LABEL, MAX_NAME } from './message.ts';

/** Bytes of a name without compression at `start`, its root label included; -1 when it is not one (RFC 1035 section 3.1). */
export function plainNameLength(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (;;) {
    if (at >= end) return -1;
    const label = bytes[at]!;
    if (label === 0) return at + 1 - start <= MAX_NAME ? at + 1 - start : -1;
    if (label > MAX_LABEL) return -1;
    at += label + 1;
    if (at - start >= MAX_NAME) return -1;
  }
}

/** Offset behind a name that may end in a compression pointer; -1 when it runs past `end` or has a bad label type. */
export function skipName(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (;;) {
    if (at >= end) return -1;
    const label = bytes[at]!;
    if (label === 0) return at + 1;
    if (label >= 0xc0) return at + 2 <= end ? at + 2 : -1;
    if (label > MAX_LABEL) return -1;
    at += label + 1;
    if (at - start >= MAX_NAME) return -1;
  }
}

/** ASCII letters compare without case, all other bytes as they are (RFC 4343 section 3). */
export function foldByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** A name has at most 127 labels; an honest pointer leads to at least one of them. */
export const MAX_POINTERS = 127;

/** How much of a message may still be walked: its names may share all their ends, so its length is no limit to their work. */
export interface Walk {
  pointers: number;
}

/**
 * Expands a possibly compressed name of the message at `base`, folded, into `out`; returns its length, or -1.
 * Pointers may only lead backwards, so the walk ends (RFC 1035 section 4.1.4); `out` holds at least 255 bytes.
 */
export function expandName(
  bytes: Uint8Array,
  base: number,
  start: number,
  end: number,
  out: Uint8Array,
  walk: Walk,
): number {
  let at = start;
  let lowest = start;
  let length = 0;
  const fewest = Math.max(walk.pointers - MAX_POINTERS, 0);
  for (;;) {
    if (at >= end) return -1;
    const label = bytes[at]!;
    if (label >= 0xc0) {
      if (at + 2 > end) return -1;
      const target = base + (((label & 0x3f) << 8) | bytes[at + 1]!);
      if (target >= lowest || target < base + 12 || walk.pointers-- <= fewest) return -1;
      lowest = target;
      at = target;
      continue;
    }
    if (label > MAX_LABEL || length + label + 1 > MAX_NAME || at + label >= end) return -1;
    out[length++] = label;
    for (let i = 1; i <= label; i++) out[length++] = foldByte(bytes[at + i]!);
    if (label === 0) return length;
    at += label + 1;
  }
}

/** Whether two folded names in wire form are the same. */
export function sameName(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): boolean {
  if (aLength !== bLength) return false;
  for (let i = 0; i < aLength; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether folded name `name` is `ancestor` or below it; label borders only. */
export function isAtOrBelow(
  name: Uint8Array,
  nameLength: number,
  ancestor: Uint8Array,
  ancestorLength: number,
): boolean {
  for (let at = 0; at < nameLength; at += name[at]! + 1) {
    const rest = nameLength - at;
    if (rest < ancestorLength) return false;
    if (rest === ancestorLength) return sameName(name.subarray(at), rest, ancestor, ancestorLength);
  }
  return false;
}

/** Wire form of a name given as text without escapes, e.g. a flag's `cluster.local`; throws RangeError when it is none. */
export function nameFromText(text: string): Uint8Array {
  const labels = text
    .replace(/\.$/, '')
    .split('.')
    .filter((label) => label !== '' || text.includes('..'));
  const out: number[] = [];
  for (const label of labels) {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > MAX_LABEL)
      throw new RangeError(`label "${label}" has ${bytes.length} bytes`);
    out.push(bytes.length, ...bytes.map(foldByte));
  }
  out.push(0);
  if (out.length > MAX_NAME) throw new RangeError(`name "${text}" is longer than ${MAX_NAME} bytes`);
  return Uint8Array.from(out);
}

/** As `nameFromText`, one byte a character. */
export function wireSuffix(text: string): string {
  return Buffer.from(nameFromText(text)).toString('latin1');
}

/** Whether a folded name in wire form, one byte a character, is `suffix` or below it; label borders only. */
export function isBelow(name: string, suffix: string): boolean {
  for (let at = 0; name.length - at >= suffix.length; at += name.charCodeAt(at) + 1) {
    if (name.length - at === suffix.length) return name.endsWith(suffix);
    if (name.charCodeAt(at) === 0) return false;
  }
  return false;
}

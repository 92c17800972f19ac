// wire-name — names as steps hold them: wire form in a string, one byte a character; and as people write them.

import { MAX_LABEL, MAX_NAME } from '../message/message.ts';
import type { WireName } from './question.ts';

export const ROOT: WireName = '\0';

/**
 * Reads presentation form with the escapes of RFC 4343 section 2.1 (`\.`, `\032`), the trailing dot or none; the case stays.
 * Undefined when it is no name: an empty label, one of more than 63 bytes, more than 255 in all, an escape that is none.
 */
export function parseName(text: string): WireName | undefined {
  if (text === '.') return ROOT;
  if (plain.test(text)) {
    const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
    return labels.every(({ length }) => length > 0 && length <= MAX_LABEL) ? nameOfLabels(labels) : undefined;
  }
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  let name = '';
  let label = '';
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes[at]!;
    if (char === '.') {
      if (label === '' || label.length > MAX_LABEL) return undefined;
      name += String.fromCharCode(label.length) + label;
      label = '';
    } else if (char === '\\') {
      const digits = /^\d{3}/.exec(bytes.slice(at + 1, at + 4))?.[0];
      const meant = digits === undefined ? bytes[at + 1] : byteOf(digits);
      if (meant === undefined || (digits === undefined && /\d/.test(meant))) return undefined;
      label += meant;
      at += digits === undefined ? 1 : 3;
    } else {
      label += char;
    }
    if (label.length > MAX_LABEL) return undefined;
  }
  if (label !== '') name += String.fromCharCode(label.length) + label;
  name += ROOT;
  return name.length > 1 && name.length <= MAX_NAME ? name : undefined;
}

/** Presentation form with the trailing dot; bytes that mean something there, or that no one could read, are escaped. */
export function nameText(name: WireName): string {
  let text = '';
  for (const label of labelsOf(name)) text += `${label.replace(unusual, escaped)}.`;
  return text === '' ? '.' : text;
}

/** ASCII letters in lower case; nothing else changes (RFC 4343 section 3). */
export function foldName(name: WireName): WireName {
  return upperCase.test(name) ? name.replace(upperCases, (letter) => letter.toLowerCase()) : name;
}

export function labelsOf(name: WireName): string[] {
  const labels: string[] = [];
  for (let at = 0; ; ) {
    const length = name.charCodeAt(at);
    if (!(length > 0)) return labels;
    labels.push(name.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
}

/** Undefined when it would be too long. Labels are right ones. */
export function nameOfLabels(labels: readonly string[]): WireName | undefined {
  const name = labels.map((label) => String.fromCharCode(label.length) + label).join('') + ROOT;
  return name.length <= MAX_NAME ? name : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Nothing in it is escaped, and its characters are bytes. */
const plain = /^[!-[\]-~]+$/;
const upperCase = /[A-Z]/;
const upperCases = /[A-Z]/g;
/** Of these the printable ones mean something in a zone file (RFC 1035 section 5.1). */
const unusual = /[^\x21-\x7e]|[."'();@\\]/g;

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code > 0x20 && code < 0x7f ? `\\${char}` : `\\${String(code).padStart(3, '0')}`;
}

function byteOf(digits: string): string | undefined {
  const code = Number(digits);
  return code > 255 ? undefined : String.fromCharCode(code);
}

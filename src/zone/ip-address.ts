// ip-address — IP addresses as bytes, and the names under which their reverse mapping is.

import { isIPv4, isIPv6 } from 'node:net';
import type { WireName } from './question.ts';
import { labelsOf } from './wire-name.ts';

/** 4 or 16 bytes; undefined when it is no address. A zone is no part of one. */
export function addressBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!text.includes(':') || text.includes('%') || !isIPv6(text)) return undefined;
  const tail = /\d+(?:\.\d+){3}$/.exec(text);
  const whole = tail === null ? text : text.slice(0, tail.index) + wordsOfIPv4(tail[0]);
  const [head = '', rest] = whole.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = rest === undefined || rest === '' ? [] : rest.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...zeros, ...after].map((word) => word.padStart(4, '0')).join(''), 'hex');
}

/** The address that a folded name of in-addr.arpa or ip6.arpa is about: 4 or 16 bytes; undefined when it is about none. */
export function reversedAddress(name: WireName): Buffer | undefined {
  const labels = labelsOf(name);
  const [last, above] = [labels.pop(), labels.pop()];
  if (last !== 'arpa') return undefined;
  labels.reverse();
  if (above === 'in-addr')
    return labels.length === 4 &&
      labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label) && Number(label) < 256)
      ? Buffer.from(labels.map(Number))
      : undefined;
  const isWhole = above === 'ip6' && labels.length === 32 && labels.every((label) => /^[\da-f]$/.test(label));
  return isWhole ? Buffer.from(labels.join(''), 'hex') : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

function wordsOfIPv4(text: string): string {
  const hex = Buffer.from(text.split('.').map(Number)).toString('hex');
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}

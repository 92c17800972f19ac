// zone-name — zones as a Corefile writes them: names in any case, with or without the final dot, and networks as reverse zones.

import { isIP } from 'node:net';
import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

/** Suffixes: lower case, without the final dot, the root is ''; several for a network. Undefined, and told, when it is none. */
export function readZone(word: Word, faults: Faults): readonly string[] | undefined {
  // It has been told that they are too many; the file is refused.
  if ((spent.get(faults) ?? 0) > MOST_ZONES && word.text.includes('/')) return undefined;
  const zones = parseZone(word.text);
  if (zones === undefined)
    faults.refuse(
      word,
      word.text === ''
        ? 'this word is empty where a zone is expected: is a variable not set?'
        : `${quoted(word)} is no zone: give a domain name such as example.org, or a network such as 10.0.0.0/8.`,
    );
  else if (zones.length > 1 && !hasRoom(zones.length, faults)) {
    faults.refuse(
      word,
      `networks come to more than ${MOST_ZONES} zones in all: end them where a label ends.`,
    );
    return zones.slice(0, 1);
  }
  return zones;
}

/** Those of all words, without the ones that are refused. */
export function readZones(words: readonly Word[], faults: Faults): readonly string[] {
  const zones = words.flatMap((word) => {
    if (word.text !== '') return readZone(word, faults) ?? [];
    faults.warn(
      word,
      'this word is empty: it is the root, and all names are below it. Is a variable not set?',
    );
    return [''];
  });
  return [...new Set(zones)];
}

/** As `readZone`, without a word about it. */
export function parseZone(text: string): readonly string[] | undefined {
  const network = parseNetwork(text);
  if (network !== undefined) return reverseZones(network.bits, network.length, network.isIPv6);
  const name = text.replace(/(?<!\\)\.$/, '').toLowerCase();
  if (text === '.') return [''];
  return isDomainName(name) ? [name] : undefined;
}

/** Whether a name is at or below a zone. */
export function isWithin(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}

/** As it is shown: with the final dot. */
export function showZone(suffix: string): string {
  return `${suffix}.`;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of all networks of a file that have several; one has 128 at most. */
const MOST_ZONES = 50_000;

/** Zones that networks have come to, by the file they are told in. */
const spent = new WeakMap<Faults, number>();

function hasRoom(zones: number, faults: Faults): boolean {
  const all = (spent.get(faults) ?? 0) + zones;
  spent.set(faults, all);
  return all <= MOST_ZONES;
}

function isDomainName(name: string): boolean {
  if (name === '' || /[\s"{}]/.test(name)) return false;
  const labels = name.replaceAll(/\\(\d{3}|.)/g, '_').split('.');
  return labels.every(({ length }) => length > 0 && length <= 63) && labels.join('.').length <= 253;
}

function parseNetwork(text: string) {
  const [, address = '', digits = ''] = /^([\d.]+|[\da-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  const length = Number(digits);
  if (family === 0 || length > (family === 4 ? 32 : 128)) return undefined;
  return { bits: family === 4 ? bitsOfIPv4(address) : bitsOfIPv6(address), length, isIPv6: family === 6 };
}

function bitsOfIPv4(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOfIPv6(address: string): bigint {
  const [, head = address, dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const tail = dotted === undefined ? '' : groupsOfIPv4(dotted);
  const [left = '', right] = `${head}${tail}`.split('::', 2);
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(left), groups(right ?? '')];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOfIPv4(address: string): string {
  const bits = bitsOfIPv4(address);
  return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
}

/** A network that ends within a label has a zone for each label that it covers: at most 128. */
function reverseZones(bits: bigint, length: number, isIPv6: boolean): string[] {
  const [width, all, root, base] = isIPv6 ? [4, 128, 'ip6.arpa', 16] : [8, 32, 'in-addr.arpa', 10];
  const labels = Math.ceil(length / width);
  const first = (bits >> BigInt(all - length)) << BigInt(labels * width - length);
  return Array.from({ length: 2 ** (labels * width - length) }, (_, i) => {
    const network = first + BigInt(i);
    const names = Array.from({ length: labels }, (_, j) =>
      ((network >> BigInt(j * width)) & BigInt(2 ** width - 1)).toString(base),
    );
    return [...names, root].join('.');
  });
}

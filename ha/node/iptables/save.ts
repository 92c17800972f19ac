// save — reads what `iptables-save` lists, and picks out the rows that carry node-cache's comments.

import { parseAddress } from '../../../src/options/endpoint.ts';
import {
  comments,
  type Family,
  familyOf,
  lineOf,
  type Row,
  type Shape,
  specOf,
  type Table,
  tables,
} from '../rule-set.ts';

/** Its spec is as it was listed: `iptables-restore` deletes a row by exactly that. */
export interface SavedRow extends Row {
  /** By `lineOf`; for a row of node-cache's, in our order of its matches. */
  readonly line: string;
  /** The single addresses in it. */
  readonly addresses: readonly string[];
}

export interface Listing {
  readonly rows: readonly SavedRow[];
  /** Tables that hold rules of nftables' own: the programs list nothing else of them, either. */
  readonly unreadable: readonly string[];
  /** False when the end is missing. */
  readonly whole: boolean;
}

export function readListing(family: Family, text: string): Listing {
  const rows: SavedRow[] = [];
  const unreadable: string[] = [];
  let table: string | undefined;
  let whole = true;
  for (const line of linesOf(text)) {
    if (line === undefined) whole = false;
    else if (line.startsWith('*')) table = line.slice(1).trim();
    else if (line.startsWith('COMMIT')) table = undefined;
    else if (line.startsWith('#')) unreadable.push(...(incompatible.exec(line)?.slice(1) ?? []));
    else if (line.includes(mark) && isTable(table)) rows.push(...rowOf(family, table, line));
  }
  return { rows, unreadable, whole: whole && table === undefined };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Few rows have it: the others, perhaps tens of thousands, are passed over unread. */
const mark = 'NodeLocal DNS Cache: ';
const incompatible = /^# Table `([^']+)' is incompatible/;
const options = new Set(['-s', '-d', '-p', '-m', '--sport', '--dport', '--comment', '-j', '--notrack']);

function isTable(name: string | undefined): name is Table {
  return tables.some((table) => table === name);
}

/**
 * Without the rows that have no mark; undefined for a line without an end.
 *
 * A quoted string may contain line ends, and lines that look like rows.
 */
function* linesOf(text: string): Generator<string | undefined> {
  const find = (what: string, from: number) => {
    const at = text.indexOf(what, from);
    return at === -1 ? text.length : at;
  };
  let quote = find('"', 0);
  let marked = find(mark, 0);
  for (let start = 0; start < text.length; ) {
    let end = find('\n', start);
    while (quote < end) {
      const close = closingQuote(text, quote + 1);
      if (close > end) end = find('\n', close);
      quote = find('"', close + 1);
    }
    if (marked < start) marked = find(mark, start);
    if (end === text.length) yield undefined;
    else if (text[start] !== '-' || marked < end) yield text.slice(start, end);
    start = end + 1;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; ; at++) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let slashes = 0;
    while (at - slashes > from && text[at - slashes - 1] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function rowOf(family: Family, table: Table, line: string): SavedRow[] {
  const [, chain, spec] = /^(?:\[\d+:\d+\] )?-A (\S+) ([\s\S]*)$/.exec(line) ?? [];
  if (chain === undefined || spec === undefined) return [];
  const words = wordsOf(spec);
  const said = valuesOf(words, '--comment').map(plain);
  if (!said.some((comment) => Object.values<string>(comments).includes(comment))) return [];
  const addresses = [...valuesOf(words, '-s'), ...valuesOf(words, '-d')].flatMap(hostOf);
  const row: Row = { family, table, chain, spec };
  const shape = shapeOf(words);
  return [{ ...row, addresses, line: lineOf(shape ? { ...row, spec: specOf(shape) } : row) }];
}

/** A quoted word keeps its quotes, so that its text cannot pass for an option. */
function wordsOf(spec: string): readonly string[] {
  return spec.match(/"(?:[^"\\]|\\[\s\S])*"|[^\s"]+/g) ?? [];
}

function plain(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\([\s\S])/g, '$1') : word;
}

/** Without negated options. */
function valuesOf(words: readonly string[], option: string): readonly string[] {
  return words.flatMap((word, at) =>
    word === option && words[at - 1] !== '!' && at + 1 < words.length ? [words[at + 1]!] : [],
  );
}

/** Undefined when the row says more than a shape, or less. */
function shapeOf(words: readonly string[]): Shape | undefined {
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const option = words[at]!;
    const value = option === '--notrack' ? '' : (words[++at] ?? '');
    const key = option === '-m' ? `-m ${value}` : option;
    if (!options.has(option) || given.has(key)) return undefined;
    given.set(key, value);
  }
  const protocol = given.get('-p');
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined;
  const end = given.has('-d') ? 'destination' : 'source';
  const [here, there] = end === 'destination' ? ['d', 's'] : ['s', 'd'];
  if (given.has(`-${there}`) || given.has(`--${there}port`)) return undefined;
  const [address] = hostOf(given.get(`-${here}`) ?? '');
  const port = given.get(`--${here}port`) ?? '';
  const target = targetOf(given);
  if (address === undefined || !/^\d{1,5}$/.test(port) || target === undefined) return undefined;
  if (plain(given.get('--comment') ?? '') !== comments[target]) return undefined;
  const matches = [...given.keys()].filter((key) => key.startsWith('-m '));
  const toSocket = given.has('-m socket');
  const known = ['-m comment', '-m socket', `-m ${protocol}`];
  if (matches.some((match) => !known.includes(match))) return undefined;
  return { protocol, end, address, port: Number(port), target, toSocket };
}

/** NOTRACK is the older name of `CT --notrack`; a row is listed by the name with which it was written. */
function targetOf(given: ReadonlyMap<string, string>): Shape['target'] | undefined {
  const target = given.get('-j');
  if (given.has('--notrack')) return target === 'CT' ? 'NOTRACK' : undefined;
  return target === 'NOTRACK' || target === 'ACCEPT' ? target : undefined;
}

/** The address, unless it stands for a network. */
function hostOf(value: string): string[] {
  const [text = '', mask] = value.split('/');
  const address = parseAddress(text);
  if (address === undefined) return [];
  const whole = familyOf(address) === 'ipv6' ? ['128'] : ['32', '255.255.255.255'];
  return mask === undefined || whole.includes(mask) ? [address] : [];
}

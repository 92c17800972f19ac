// cache-memory.test — however many names are asked, the cache takes no more memory than --cache-bytes says.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Entries } from '../../src/cache/entries.ts';
import type { Entry } from '../../src/cache/entry.ts';
import { ReadyAnswers } from '../../src/cache/ready-answers.ts';
import { judge } from '../../src/cache/verdict.ts';
import { cacheUpTo } from '../lab/cache-plan.ts';
import { a, opaque, soa } from '../lab/records.ts';
import { buildQuery, buildReply, questionOf, rcodes, types } from '../lab/wire.ts';

const cacheBytes = 32 * 2 ** 20;
/** As cache.ts shares them out. */
const readyBytes = cacheBytes / 4;
const tolerance = 1.1;
/** 26 octets, as names of Services are. */
const nameOf = (i: number) => `n${String(i).padStart(7, '0')}.shop.example`;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes of live objects and buffers. */
function inUse(): number {
  for (let i = 0; i < 2; i++) collect(); // buffers are freed after the objects that held them
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Measured {
  /** In use by entries and ready answers together, at the worst moment. */
  readonly highest: number;
  /** The entries alone, at the worst moment, and what they say of themselves when full. */
  readonly takes: number;
  readonly tells: number;
  readonly entries: number;
}

interface Feeding {
  readonly names: number;
  readonly type: number;
  /** The answer to a name. */
  readonly reply: (query: Buffer) => Buffer;
}

/** Stores the answers to many names as the resolver would; resolves to what was measured on the way. */
function feed(t: TestContext, { names, type, reply }: Feeding): Measured {
  const empty = inUse();
  const ready = new ReadyAnswers(readyBytes);
  const readyTakes = inUse() - empty;
  const cache = new Entries(cacheBytes - readyBytes, () => {});
  const template = reply(buildQuery({ id: 7, name: nameOf(0), type }));
  const digits = template.indexOf('0000000');
  const zone = { index: 0, cache: cacheUpTo(3600) };
  const nameLength = questionOf(template).length - 4;
  const keyBytes = Buffer.alloc(nameLength + 3); // as deriveKey of question.ts
  keyBytes.writeUInt16BE(type, nameLength);
  const words = new Int32Array(32);
  let highest = 0;
  for (let i = 0; i < names; i++) {
    const bytes = Buffer.from(template);
    bytes.write(String(i).padStart(7, '0'), digits, 'latin1');
    const now = 1000 + i / 1000;
    const verdict = judge({ bytes, start: 0, length: bytes.length, nameLength }, zone, now, () => 1.7e9);
    assert.ok(verdict.outcome === 'answer');
    bytes.copy(keyBytes, 0, 12, 12 + nameLength);
    const key = keyBytes.toString('latin1');
    cache.store(key, verdict.entry);
    if (bytes.length < 1232) putReady(ready, words, bytes, verdict.entry, i);
    if (i % Math.floor(names / 40) === 0) highest = Math.max(highest, inUse() - empty);
  }
  const takes = highest - readyTakes;
  const entries = cache.counts.success + cache.counts.denial;
  t.diagnostic(`entries ${mib(takes)}, by their own account ${mib(cache.bytes)}, ${entries} of them`);
  t.diagnostic(`ready answers ${mib(readyTakes)}, by their own account ${mib(ready.size)}`);
  return { highest, takes, tells: cache.bytes, entries };
}

function putReady(ready: ReadyAnswers, words: Int32Array, bytes: Buffer, entry: Entry, i: number): void {
  ready.put(entry, {
    words,
    at: 0,
    queryLength: 44,
    hash: i,
    outbox: bytes,
    offset: 0,
    length: bytes.length,
    freshUntil: 3600,
    second: 1,
    counted: 0,
  });
}

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const big = opaque(types.TXT, Buffer.alloc(60_000, 200));
const feedings: Readonly<Record<string, Feeding>> = {
  'half a million names with an address': {
    names: 500_000,
    type: types.A,
    reply: (query) => buildReply(query, { answer: [a('192.0.2.1')] }),
  },
  '300,000 names that do not exist': {
    names: 300_000,
    type: types.A,
    reply: (query) => buildReply(query, { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] }),
  },
  '10,000 answers of 60 KB': {
    names: 10_000,
    type: types.TXT,
    reply: (query) => buildReply(query, { answer: [big] }),
  },
};

for (const [what, feeding] of Object.entries(feedings)) {
  test(`the cache stays within its bytes: ${what}`, { timeout: 60_000 }, (t) => {
    const { highest, takes, tells, entries } = feed(t, feeding);
    assert.ok(highest < cacheBytes * tolerance, `${mib(highest)} in use, ${mib(cacheBytes)} given`);
    assert.ok(
      entries > 100 && entries < feeding.names / 10,
      `${entries} entries: full, and no more than that`,
    );
    assert.ok(takes < tells * tolerance, `the entries say ${mib(tells)} and take ${mib(takes)}`);
  });
}

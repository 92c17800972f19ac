// cache.test — one front for two levels: exact bytes lead to a reply, a question's key to the entry it was composed from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cache } from '../../src/cache/cache.ts';
import type { Entry } from '../../src/cache/entry.ts';
import type { ReadyReply } from '../../src/cache/ready-answers.ts';
import { Query } from '../../src/message/query.ts';
import { deriveKey, rereadQuery } from '../../src/message/question.ts';
import { buildQuery } from '../lab/wire.ts';

const now = 1_000_000;
const second = now / 1000;
const ttlAt = 20;

function entry(ttl = 30): Entry {
  return {
    kind: 'success',
    wire: 'x'.repeat(44),
    ttlOffsets: String.fromCharCode(ttlAt),
    nameLength: 3,
    rcode: 0,
    authoritative: false,
    authentic: false,
    ede: -1,
    zone: 0,
    ttl,
    stored: now,
    expires: now + ttl * 1000,
    hits: 0,
    retryAfter: 0,
  };
}

/** A query of 30 bytes after a word of another one, and the reply to it behind 8 bytes of another one. */
function replyTo(query: string, reply: string, counted: number): ReadyReply {
  const memory = Buffer.alloc(64);
  memory.write(query.padEnd(30, '.'), 4, 'latin1');
  const outbox = Buffer.alloc(100);
  outbox.write(reply.padEnd(44, '-'), 8, 'latin1');
  const words = new Int32Array(new Uint8Array(memory).buffer);
  return {
    words,
    at: 1,
    queryLength: 30,
    hash: 77,
    outbox,
    offset: 8,
    length: 44,
    freshUntil: second + 27,
    second,
    counted,
  };
}

function find(cache: Cache, { words, at, queryLength, hash }: ReadyReply, when = second): string | undefined {
  const found = cache.findReady(words, at, queryLength, hash, when);
  if (found === undefined) return undefined;
  const { offset, length, counted } = found;
  return `${Buffer.from(cache.readyBytes.subarray(offset, offset + length)).toString('latin1')} ${counted}`;
}

test('the same bytes find the reply, whatever their id; other bytes, or another length, do not', () => {
  const cache = new Cache(1 << 20, () => {});
  const one = replyTo('1_asked', 'one', 5);
  const two = { ...replyTo('2_other', 'two', 6), hash: 78 };
  assert.equal(find(cache, one), undefined);
  cache.makeReady(entry(), one);
  cache.makeReady(entry(), two);
  assert.match(find(cache, one)!, /^one-.* 5$/s);
  assert.match(find(cache, two)!, /^two-.* 6$/s);
  assert.match(find(cache, replyTo('7_asked', '', 0))!, /^one-/);
  assert.equal(find(cache, replyTo('1_asker', '', 0)), undefined);
  assert.equal(find(cache, { ...one, queryLength: 29 }), undefined);
  assert.equal(find(cache, { ...one, hash: 78 }), undefined); // which leads to the other one
});

test('a ready reply says how long it is good for, and is given out until the second it was made for', () => {
  const cache = new Cache(1 << 20, () => {});
  const reply = replyTo('1_asked', 'one', 5);
  cache.makeReady(entry(), reply);
  const ttl = (when: number) => Buffer.from(find(cache, reply, when)!, 'latin1').readUInt32BE(ttlAt);
  assert.deepEqual([second + 1, second + 26].map(ttl), [29, 4]);
  assert.equal(find(cache, reply, second + 27), undefined);
});

test('the bytes of ready replies are told of before they are written over', () => {
  const cache = new Cache(1 << 18, () => {}); // the least there is of them: 64 KiB
  const told: [from: number, to: number][] = [];
  cache.onOverwrite((from, to) => told.push([from, to]));
  const first = replyTo('1_asked', 'one', 5);
  cache.makeReady(entry(), first);
  const { offset } = cache.findReady(first.words, first.at, 30, 77, second)!;
  for (let i = 0; find(cache, first) !== undefined; i++) {
    assert.ok(i < 2000, 'the ring comes round');
    cache.makeReady(entry(), { ...replyTo(`1_${i}`, 'other', 0), hash: i * 3 });
  }
  assert.ok(told.filter(([from, to]) => from <= offset && offset < to).length > 1);
});

test('entries are found by their key, and count with the ready replies as bytes of the cache', () => {
  const cache = new Cache(1 << 20, () => {});
  const kept = entry();
  const empty = cache.bytes;
  cache.store('key', kept);
  assert.equal(cache.find('key', now), kept);
  assert.equal(cache.find('other', now), undefined);
  assert.equal(cache.entries.peek('key', now), kept);
  const withEntry = cache.bytes;
  cache.makeReady(entry(), replyTo('1_asked', 'one', 5));
  assert.ok(empty < withEntry && withEntry < cache.bytes && cache.bytes < 1 << 20);
});

test('names whose answers lie ready are in use: they outlive a flood of names that are all asked twice', () => {
  const cache = new Cache(1 << 20, () => {});
  const bytes = buildQuery({ name: 'popular.example', edns: {} });
  const query = new Query();
  rereadQuery(query, bytes, 0, bytes.length);
  deriveKey(query);
  const { key } = query;
  cache.store(key, entry());
  const memory = Buffer.alloc(128);
  bytes.copy(memory, 4);
  const words = new Int32Array(new Uint8Array(memory).buffer);
  const asked = { ...replyTo('', 'one', 5), words, queryLength: bytes.length, freshUntil: second + 60 };
  cache.makeReady(entry(), asked);
  for (let passed = 0; passed < 30; passed++) {
    assert.match(find(cache, asked, second + passed)!, /^one-/);
    for (let i = 0; i < 200; i++) {
      const name = `new ${passed}-${i}`;
      cache.store(name, { ...entry(), stored: now + passed * 1000 });
      cache.find(name, now);
    }
  }
  assert.equal(cache.peek('new 0-0', now), undefined); // it was a flood
  assert.ok(cache.peek(key, now));
});

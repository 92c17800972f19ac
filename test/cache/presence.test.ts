// presence.test — the filter may say "maybe" of what is not there, never "no" of what is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Entries } from '../../src/cache/entries.ts';
import type { Entry } from '../../src/cache/entry.ts';
import { Presence } from '../../src/cache/presence.ts';

const key = (i: number) => `\x04n${i}\0\x00\x01\0`;

test('what was added is there until it was removed as often', () => {
  const presence = new Presence(1000);
  presence.add(key(1));
  presence.add(key(1));
  presence.remove(key(1));
  assert.equal(presence.maybe(key(1)), true);
  presence.remove(key(1));
  assert.equal(presence.maybe(key(1)), false);
});

test('which keys look alike differs from one to the next', () => {
  const alike = () => {
    const presence = new Presence(1000);
    presence.add(key(1));
    return Array.from({ length: 50_000 }, (_, i) => key(i + 2)).filter((other) => presence.maybe(other));
  };
  assert.notDeepEqual(alike(), alike());
});

test('a full one tells three of four keys that are not there', () => {
  const presence = new Presence(10_000);
  for (let i = 0; i < 10_000; i++) presence.add(key(i));
  for (let i = 0; i < 10_000; i++) assert.equal(presence.maybe(key(i)), true);
  let mistaken = 0;
  for (let i = 10_000; i < 20_000; i++) if (presence.maybe(key(i))) mistaken++;
  assert.ok(mistaken < 2500, `${mistaken} of 10,000`);
});

test('a counter that is full stays: it may have missed some', () => {
  const presence = new Presence(1);
  for (let i = 0; i < 300; i++) presence.add(key(1));
  for (let i = 0; i < 299; i++) presence.remove(key(1));
  assert.equal(presence.maybe(key(1)), true);
});

test('whatever is stored, replaced, learned, evicted and run out: the cache finds what its pools hold', () => {
  const entry = (kind: Entry['kind'], stored: number, size: number): Entry => ({
    kind,
    wire: 'x'.repeat(size),
    ttlOffsets: '',
    nameLength: 3,
    rcode: 0,
    authoritative: false,
    authentic: false,
    ede: -1,
    zone: 0,
    ttl: 30,
    stored,
    expires: stored + 30_000,
    hits: 0,
    retryAfter: 0,
  });
  const action = fc.record({
    name: fc.nat(30),
    kind: fc.constantFrom<Entry['kind']>('success', 'denial', 'failure'),
    size: fc.constantFrom(10, 1000, 20_000),
    how: fc.constantFrom('store', 'learn', 'find'),
    later: fc.nat(20_000),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const cache = new Entries(16_000, () => {});
      let now = 1;
      for (const { name, kind, size, how, later } of actions) {
        now += later;
        if (how === 'store') cache.store(key(name), entry(kind, now, size));
        else if (how === 'learn') cache.learn(key(name), entry(kind, now, size), now, true);
        else cache.find(key(name), now);
        for (const held of new Set(cache.keys())) {
          const peeked = cache.peek(held, now);
          if (peeked?.kind !== 'failure') assert.equal(cache.find(held, now), peeked);
        }
      }
    }),
  );
});

// self-incidents.test — an instance tells of its own stalls, memory and cache, with what to do, and when that is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CacheCounts, SelfIncidents } from '../../src/instance/self-incidents.ts';
import type { Fields } from '../../src/log/log.ts';
import type { RecentStalls } from '../../src/loop/stalls.ts';

class Stage {
  now = 1_000_000;
  recent: RecentStalls | undefined = undefined;
  drops = 0;
  memory = { memoryUsed: 50 * 2 ** 20, memoryLimit: (64 * 2 ** 20) as number | null };
  cache = {
    misses: 0,
    evictions: { success: 0, denial: 0 },
    notKept: { ttl_0: 0, signature_expired: 0, broken_chain: 0 },
  };
  readonly lines: string[] = [];
  readonly #incidents: SelfIncidents;

  constructor() {
    const write =
      (level: string) =>
      (message: string, fields: Fields = {}) =>
        void this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    this.#incidents = new SelfIncidents({
      log: { info: write('INFO'), warn: write('WARN'), error: write('ERROR') },
      now: () => this.now,
      wallSeconds: () => Date.UTC(2031, 0, 2) / 1000,
      stalls: { recent: () => this.recent },
      drops: () => this.drops,
      cgroup: () => ({ ...this.memory, quota: 0.03, throttledMicroseconds: 0, oomKills: 0 }),
      cache: (): CacheCounts => structuredClone(this.cache),
    });
  }

  /** So many seconds; each second something may happen. */
  pass(seconds: number, happens: () => void = () => {}): void {
    for (let i = 0; i < seconds; i++) {
      happens();
      this.#incidents.look();
      this.now += 1000;
    }
  }
}

test('a healthy hour has no line', () => {
  const stage = new Stage();
  stage.recent = { ms: 300, longest: 120, cause: 'starved' };
  stage.pass(3600, () => {
    stage.cache.misses += 100;
    stage.cache.evictions.success += 1;
    stage.cache.notKept.ttl_0 += 10;
  });
  assert.deepEqual(stage.lines, []);
});

test('an instance that does not run says so itself, with the cause, once; and that it runs again', () => {
  const stage = new Stage();
  stage.recent = { ms: 1700, longest: 380, cause: 'throttled' };
  stage.pass(300);
  assert.equal(stage.lines.length, 1);
  assert.match(stage.lines[0]!, /^WARN this instance did not run, its CPU limit being used up: raise that/);
  assert.match(stage.lines[0]!, /"stalled":"1s700ms","longest":"380ms","processors":0\.03/);
  stage.recent = undefined;
  stage.pass(10);
  assert.match(stage.lines[1]!, /^INFO this instance runs without stalls again/);
});

test('what the kernel dropped is told, with the stall that led to it', () => {
  const stage = new Stage();
  stage.pass(10);
  stage.recent = { ms: 900, longest: 900, cause: 'stopped' };
  stage.drops = 17_415;
  stage.pass(1);
  assert.match(stage.lines[0]!, /^WARN the kernel dropped datagrams.*"dropped":17415,"stalled":"900ms"/);
  const later = new Stage();
  later.drops = 5; // before this process began
  later.pass(10);
  assert.deepEqual(later.lines, []);
});

test('memory near its limit is told; without a limit there is nothing to say', () => {
  const stage = new Stage();
  stage.memory = { memoryUsed: 60 * 2 ** 20, memoryLimit: 64 * 2 ** 20 };
  stage.pass(20);
  assert.match(stage.lines[0]!, /^WARN the memory limit is nearly reached.*"used":"60 MiB","limit":"64 MiB"/);
  const free = new Stage();
  free.memory = { memoryUsed: 60 * 2 ** 20, memoryLimit: null };
  free.pass(20);
  assert.deepEqual(free.lines, []);
});

test('a full part of the cache is told by name', () => {
  for (const [part, words] of [
    ['success', /raise --cache-bytes/],
    ['denial', /names that do not exist is full/],
  ] as const) {
    const stage = new Stage();
    stage.pass(60, () => {
      stage.cache.misses += 1000;
      stage.cache.evictions[part] += 694;
    });
    assert.equal(stage.lines.length, 1, part);
    assert.match(stage.lines[0]!, words);
    assert.match(stage.lines[0]!, /"evicted":"694\/s"/);
  }
});

test('answers that may not be kept are told, by their reason', () => {
  for (const [reason, words] of [
    ['ttl_0', /their TTL is 0/],
    ['signature_expired', /the clock of this node, which says 2031-01-02T00:00Z/],
  ] as const) {
    const stage = new Stage();
    stage.pass(60, () => {
      stage.cache.misses += 100;
      stage.cache.notKept[reason] += 92;
    });
    assert.equal(stage.lines.length, 1, reason);
    assert.match(stage.lines[0]!, words);
    assert.match(stage.lines[0]!, /"part":"92 %"/);
  }
});

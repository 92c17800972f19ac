// fills — target: answers that a twin tells of, taken into our cache.

import { CacheSync } from '../../../ha/link/cache-sync.ts';
import { FILLS } from '../../../ha/link/protocol.ts';
import { CacheShare } from '../../../src/cache/cache-share.ts';
import { Entries } from '../../../src/cache/entries.ts';
import { type RecordZone, recordEnd, recordLength, writeRecord } from '../../../src/cache/entry-record.ts';
import { judge } from '../../../src/cache/verdict.ts';
import { plainNameLength } from '../../../src/message/name.ts';
import { cacheUpTo } from '../../lab/cache-plan.ts';
import { a, soa } from '../../lab/records.ts';
import { buildQuery, buildReply, nameBytes, rcodes, types } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

const now = 5_000_000;
const limit = 64 << 10;
const cache = cacheUpTo(300, 60);
const zones: readonly RecordZone[] = ['', 'example'].map((name, index) => ({
  index,
  cache,
  suffix: nameBytes(name).toString('latin1'),
}));

const reader = {
  zone: (key: string, nameLength: number): RecordZone =>
    key.slice(0, nameLength).endsWith(zones[1]!.suffix) ? zones[1]! : zones[0]!,
  now: () => now,
  wallSeconds: () => 1.7e9,
};

export const fills: Target = {
  name: 'fills',
  sentence: 'ha/link and src/cache take in the answers that a twin tells',
  most: 4096,
  seeds: () => [0, 1].map((kind) => Buffer.concat([Buffer.of(FILLS, kind), ...records()])),
  run(input) {
    if (input.length < 2) return;
    const entries = new Entries(limit, () => {});
    const suffixes = zones.map(({ suffix }) => suffix);
    const share = new CacheShare(entries, (zone) => suffixes[zone], reader);
    const sync = new CacheSync(share, { sendBulk: () => true, whenReady() {}, soon() {} });
    sync.receive(input, input.length);
    const { received, taken } = sync.counters;
    must(
      taken <= received && entries.bytes <= limit,
      'no more is taken than comes, nor than there is room for',
    );
    const out = Buffer.alloc(5000, 0xee);
    const keys = share.keys();
    for (let next = keys.next(); next.done !== true; next = keys.next()) {
      const key = next.value;
      const entry = entries.peek(key, now)!;
      must(entry.expires <= now + cache.success.most * 1000, 'an entry lives no longer than our caps say');
      const end = share.write(key, out, 0, out.length - 8);
      must(end > 0 && recordEnd(out, 0, end) === end, 'what is taken can be told');
      must(
        out.subarray(end, end + 8).every((byte) => byte === 0xee),
        'and no more than that is written',
      );
      out.fill(0xee, 0, end);
    }
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function records(): Buffer[] {
  const replies = [
    { name: 'www.example', reply: { answer: [a('10.0.0.1')] } },
    { name: 'other.test', reply: { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'test' })] } },
  ];
  return replies.map(({ name, reply }) => {
    const bytes = buildReply(buildQuery({ id: 1, name, type: types.A }), reply);
    const nameLength = plainNameLength(bytes, 12, bytes.length);
    const key = `${bytes.toString('latin1', 12, 12 + nameLength)}\0\x01\0`;
    const zone = reader.zone(key, nameLength);
    const verdict = judge(
      { bytes, start: 0, length: bytes.length, nameLength },
      zone,
      now,
      reader.wallSeconds,
    );
    must(verdict.outcome === 'answer', 'a seed is an answer');
    const record = Buffer.alloc(recordLength(verdict.entry));
    writeRecord(record, 0, key, verdict.entry, zone.suffix);
    return record;
  });
}

// ready-answers — target: the first level of the cache, used in any order: what it finds is what was put in for these very bytes.

import type { Entry } from '../../../src/cache/entry.ts';
import { ReadyAnswers } from '../../../src/cache/ready-answers.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

/** An input: what is done, with which query, how much later, how long the reply is. */
const STEP = 4;
const QUERIES = 64;
/** Where the TTL lies in each reply. */
const TTL_AT = 16;

export const readyAnswers: Target = {
  name: 'ready-answers',
  sentence: 'src/cache finds replies that lie ready by the bytes of a query',
  most: 1024,
  seeds: () => [
    Buffer.from([0, 1, 0, 9, 1, 1, 1, 0, 0, 2, 0, 200, 1, 2, 0, 0, 1, 1, 9, 0]),
    Buffer.from(Array.from({ length: 1000 }, (_, i) => (i % 4 === 0 ? i & 4 : (i * 7) & 255))),
  ],
  run(input) {
    const ready = new ReadyAnswers(1); // as little as there can be
    const model = new Map<
      number,
      { readonly reply: Buffer; readonly until: number; readonly expires: number }
    >();
    let overwritten: [number, number] = [0, 0];
    ready.onOverwrite = (from, to) => {
      overwritten = [from, to];
    };
    let second = 100;
    for (let at = 0; at + STEP <= input.length; at += STEP) {
      const [what = 0, which = 0, later = 0, size = 0] = input.subarray(at, at + STEP);
      const { words, length, hash } = queries[which % QUERIES]!;
      second += later >> 4;
      if (what % 4 === 0) {
        const reply = replyTo(which, size * 5);
        const expires = second + 1 + (later & 15);
        const until = Math.max(second, expires - 2);
        ready.put(
          { ...entry, expires: expires * 1000 },
          {
            ...{ words, at: 0, queryLength: length, hash, outbox: reply, offset: 0, length: reply.length },
            ...{ freshUntil: until, second, counted: which },
          },
        );
        must(overwritten[1] <= ready.bytes.length, 'nothing is written behind the ring');
        model.set(which % QUERIES, { reply, until, expires });
        continue;
      }
      ready.warm(words, 0, 0, 1);
      const found = ready.find(words, 0, length, hash, second);
      if (found === undefined) continue;
      const known = model.get(which % QUERIES);
      must(
        known !== undefined && second < known.until,
        'only what was put in is found, and only while it is fresh',
      );
      const reply = Buffer.from(ready.bytes.subarray(found.offset, found.offset + found.length));
      must(reply.readUInt32BE(TTL_AT) <= known.expires, 'a TTL ends with its entry');
      reply.fill(0, TTL_AT, TTL_AT + 4);
      known.reply.copy(reply, TTL_AT, TTL_AT, TTL_AT + 4);
      must(reply.equals(known.reply), 'a query gets its own reply');
      must(found.counted % QUERIES === which % QUERIES, 'and counts as its own');
    }
  },
};

// ---------------------------------------------------------------------------------------------------------------------

const entry: Entry = {
  kind: 'success',
  wire: '',
  ttlOffsets: String.fromCharCode(TTL_AT),
  nameLength: 1,
  rcode: 0,
  authoritative: false,
  authentic: false,
  ede: -1,
  zone: 0,
  ttl: 30,
  stored: 0,
  expires: 0,
  hits: 0,
  retryAfter: 0,
};

/** Few hashes, so that they collide; some queries differ by a byte, some by their length. */
const queries = Array.from({ length: QUERIES }, (_, i) => {
  const length = 20 + (i % 7);
  const bytes = Buffer.alloc(64);
  for (let at = 2; at < length; at++) bytes[at] = i >> 3;
  bytes[length - 1] = i;
  return { words: new Int32Array(bytes.buffer, bytes.byteOffset, 16), length, hash: (i * 0x1001) % 13 };
});

function replyTo(which: number, more: number): Buffer {
  const reply = Buffer.alloc(TTL_AT + 4 + more, which);
  reply.writeUInt32BE(1, TTL_AT);
  return reply;
}

// compress.test — a response says the same in fewer bytes, whatever its names are like and however they came; what is odd stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classify } from '../../src/message/classify.ts';
import { compress } from '../../src/message/compress.ts';
import { parseMessage, type Resource } from '../lab/message.ts';
import { a, cname, manyAddresses, ns, opaque, soa } from '../lab/records.ts';
import { buildQuery, buildReply, nameBytes, type RecordSpec, types, words } from '../lab/wire.ts';

/** A copy of what becomes of it; undefined: it stays. */
function compressed(bytes: Buffer, records: number): Buffer | undefined {
  const nameLength = nameLengthAt(bytes, 12);
  const made = compress({ bytes, start: 0, length: bytes.length, nameLength }, bytes.length, records);
  if (made === undefined) return undefined;
  const message = Buffer.from(made.bytes.subarray(0, made.length));
  const { answer, authority, additional } = parseMessage(message);
  const ttls = [...answer, ...authority, ...additional].map(({ ttl }) => ttl);
  assert.deepEqual(
    ttls.map((_, i) => message.readUInt32BE(made.ttlOffsets[i]!)),
    ttls,
    'each TTL lies where it is said to',
  );
  return message;
}

function nameLengthAt(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] !== 0) at += 1 + bytes[at]!;
  return at + 1 - start;
}

function spelled(owner: string, records: readonly RecordSpec[]): RecordSpec[] {
  return records.map((record) => ({ ...record, owner }));
}

/** What a reply to a question about `name` becomes. */
function of(name: string, type: number, answer: RecordSpec[], additional: RecordSpec[] = []): Buffer {
  const bytes = buildReply(buildQuery({ name, type }), { answer, additional });
  const made = compressed(bytes, answer.length + additional.length);
  assert.ok(made);
  return made;
}

const pod = 'web.a-namespace-with-a-name.svc.cluster-1.example';

test('26 addresses of a name of 50 bytes fit into 512', () => {
  assert.equal(nameBytes(pod).length, 51);
  const name = pod.slice(1);
  const made = of(name, types.A, spelled(name, manyAddresses(26)));
  assert.equal(made.length, 12 + 50 + 4 + 26 * 16);
  assert.equal(parseMessage(made).answer.length, 26);
});

test('SRV records of 12 pods: the owners are compressed, the targets are not, and their addresses point to them', () => {
  const name = `_dns._udp.${pod}`;
  const targets = Array.from({ length: 12 }, (_, i) => `10-244-0-${i}.${pod}`);
  const srv = targets.map((target) =>
    opaque(types.SRV, Buffer.concat([words(0, 1, 53), nameBytes(target)]), { owner: name }),
  );
  const glue = targets.map((owner) => a('10.0.0.1', { owner }));
  const made = of(name, types.SRV, srv, glue);
  const inside = targets.reduce((sum, target) => sum + 12 + 6 + nameBytes(target).length, 0);
  assert.equal(made.length, 12 + nameBytes(name).length + 4 + inside + 12 * 16);
  const { answer, additional } = parseMessage(made);
  assert.deepEqual(
    answer.map(({ rdata }) => rdata.subarray(6)),
    targets.map(nameBytes),
  );
  assert.deepEqual(
    additional.map(({ name: owner }) => owner),
    targets.map(nameBytes),
  );
});

test('a target that came compressed where it must not be is written out', () => {
  const asked = buildQuery({ name: 'x.example', type: types.SRV });
  const target = Buffer.concat([words(0, 1, 53), Buffer.of(1, 98), words(0xc000 | 14)]);
  const long = 'a-longer-name.example';
  const answer = [
    opaque(types.SRV, target, { owner: 'x.example' }),
    ...spelled(long, manyAddresses(2)),
    opaque(types.DNAME, words(0xc00c), { owner: long }),
  ];
  const made = compressed(buildReply(asked, { answer }), 4);
  const { answer: records } = parseMessage(made!);
  assert.deepEqual(records[0]!.rdata.subarray(6), nameBytes('b.example'));
  assert.deepEqual(records[3]!.rdata, nameBytes('x.example'));
});

test('what the question has is pointed to in any case; other names keep theirs', () => {
  const made = of(
    'WEB.example',
    types.NS,
    [ns('Ns.Other.test', { owner: 'web.EXAMPLE' })],
    [a('10.0.0.1', { owner: 'Ns.Other.test' }), a('10.0.0.2', { owner: 'ns.other.test' })],
  );
  assert.deepEqual([made[12 + 13 + 4], made[12 + 13 + 5]], [0xc0, 12]);
  const { answer, additional } = parseMessage(made);
  assert.deepEqual(answer[0]!.rdata, nameBytes('Ns.Other.test'));
  assert.deepEqual(
    additional.map(({ name }) => name),
    ['Ns.Other.test', 'ns.other.test'].map(nameBytes),
  );
});

const left: Readonly<Record<string, RecordSpec[]>> = {
  'which is as short as it can be': [a('10.0.0.1'), cname('x.example')].slice(0, 1),
  'with a name in the RDATA of a type whose senders used to compress it': [
    ...spelled('x.example', manyAddresses(3)),
    opaque(35, Buffer.concat([words(1, 1), Buffer.of(0, 0, 0), words(0xc00c)])),
  ],
  'with a record of another class': [...spelled('x.example', manyAddresses(3)), a('10.0.0.9', { class: 3 })],
  'with an alias that is no name': [
    ...spelled('x.example', manyAddresses(3)),
    opaque(types.CNAME, Buffer.of(3, 97)),
  ],
  'with a pointer forwards': [
    ...spelled('x.example', manyAddresses(3)),
    opaque(types.CNAME, Buffer.of(0xcf, 0xff)),
  ],
};
for (const [what, answer] of Object.entries(left)) {
  test(`a response stays as it came: one ${what}`, () => {
    const bytes = buildReply(buildQuery({ name: 'x.example' }), { answer });
    assert.equal(compressed(bytes, answer.length), undefined);
  });
}

/** A name, and whether it may end in a pointer to where the same end was written before. */
interface Written {
  readonly labels: readonly string[];
  readonly points: boolean;
}

interface WrittenRecord {
  readonly owner: Written;
  readonly type: number;
  readonly inside: readonly Written[];
  readonly ttl: number;
}

/** Writes messages as servers may: each name whole, or with a pointer to any end of an earlier one. */
class Sender {
  readonly #parts: Buffer[] = [];
  readonly #places = new Map<string, number>();
  #length = 0;

  message(question: readonly string[], records: readonly WrittenRecord[]): Buffer {
    this.#add(words(7, 0x8180, 1, records.length, 0, 0));
    this.#name({ labels: question, points: false });
    this.#add(words(types.A, 1));
    for (const { owner, type, inside, ttl } of records) {
      this.#name(owner);
      const fixed = Buffer.concat([words(type, 1, ttl >>> 16, ttl & 0xffff), words(0)]);
      this.#add(fixed);
      const from = this.#length;
      if (type === types.MX) this.#add(words(10));
      if (type === types.SRV) this.#add(words(0, 1, 53));
      for (const name of inside) this.#name(type === types.SRV ? { ...name, points: false } : name);
      if (inside.length !== 1) this.#add(Buffer.alloc(inside.length === 2 ? 20 : 4, ttl));
      fixed.writeUInt16BE(this.#length - from, 8);
    }
    return Buffer.concat(this.#parts);
  }

  #name({ labels, points }: Written): void {
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.');
      const place = this.#places.get(rest);
      if (place !== undefined && points) return this.#add(words(0xc000 | place));
      if (this.#length < 0x4000) this.#places.set(rest, this.#length);
      this.#add(nameBytes([labels[i]!]).subarray(0, -1));
    }
    this.#add(Buffer.of(0));
  }

  #add(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }
}

const label = fc.constantFrom('a', 'b', 'A', 'svc', 'SVC', 'Cluster', 'cluster', 'x'.repeat(40));
const labels = fc.array(label, { minLength: 1, maxLength: 5 });
const name: fc.Arbitrary<Written> = fc.record({ labels, points: fc.boolean() });
const shapes: readonly [type: number, names: number][] = [
  [types.A, 0],
  [types.CNAME, 1],
  [types.NS, 1],
  [types.PTR, 1],
  [types.MX, 1],
  [types.SRV, 1],
  [types.SOA, 2],
];
const record: fc.Arbitrary<WrittenRecord> = fc
  .tuple(name, fc.constantFrom(...shapes), name, name, fc.integer({ min: 0, max: 0x7fffffff }))
  .map(([owner, [type, names], one, other, ttl]) => ({
    ...{ owner, type, ttl, inside: [one, other].slice(0, names) },
  }));
const sent = fc.tuple(labels, fc.array(record, { maxLength: 40 }));

const folded = (bytes: Buffer) => bytes.toString('latin1').toLowerCase();
const said = ({ name: owner, type, ttl, rdata }: Resource) => [folded(owner), type, ttl, folded(rdata)];

test('the same is said in fewer bytes, and cannot be said in fewer still', () => {
  let shorter = 0;
  const check = ([question, records]: [string[], WrittenRecord[]]) => {
    const bytes = new Sender().message(question, records);
    const made = compressed(bytes, records.length);
    if (made === undefined) return;
    shorter++;
    assert.ok(made.length < bytes.length);
    assert.deepEqual(parseMessage(made).answer.map(said), parseMessage(bytes).answer.map(said));
    assert.deepEqual(made.subarray(0, 12), bytes.subarray(0, 12));
    assert.equal(compressed(made, records.length), undefined);
  };
  fc.assert(fc.property(sent, check), { numRuns: 150 });
  assert.ok(shorter > 75, `${shorter} became shorter`);
});

test('beyond the reach of pointers names are whole', () => {
  const owners = Array.from({ length: 900 }, (_, i) => `pod-${Math.floor(i / 2)}.${pod}`);
  const answer = owners.map((owner) => a('10.0.0.1', { owner }));
  const bytes = buildReply(buildQuery({ name: 'x.example' }), { answer });
  const made = compressed(bytes, answer.length);
  assert.deepEqual(parseMessage(made!).answer, parseMessage(bytes).answer);
});

test('names without a common end with the question keep their letters', () => {
  const foreign = fc.array(record, { maxLength: 20 });
  fc.assert(
    fc.property(foreign, (records) => {
      const bytes = new Sender().message(['q', 'other'], records);
      const made = compressed(bytes, records.length);
      if (made !== undefined) assert.deepEqual(parseMessage(made).answer, parseMessage(bytes).answer);
    }),
    { numRuns: 40 },
  );
});

test('bytes overwritten anywhere change nothing in what can be read: it says the same, or stays as it came', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(sent, damage, ([question, records], overwritten) => {
      const bytes = new Sender().message(question, records);
      const behind = 12 + nameLengthAt(bytes, 12) + 4;
      const rest = bytes.length - behind;
      for (const [at, value] of overwritten) if (rest > 0) bytes[behind + (at % rest)] = value;
      const before = parsed(bytes);
      if (before === undefined) return;
      const nameLength = nameLengthAt(bytes, 12);
      const made = compress(
        { bytes, start: 0, length: bytes.length, nameLength },
        bytes.length,
        records.length,
      );
      if (made === undefined) return;
      const after = parsed(Buffer.from(made.bytes.subarray(0, made.length)));
      assert.deepEqual(after?.answer.map(said), before.answer.map(said));
    }),
    { numRuns: 300 },
  );
});

function parsed(bytes: Buffer) {
  try {
    return parseMessage(bytes);
  } catch {
    return undefined;
  }
}

/** Milliseconds of the processor for one of these, at best. */
function cost(bytes: Buffer, records: number): number {
  const view = { bytes, start: 0, length: bytes.length, nameLength: nameLengthAt(bytes, 12) };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 6; i++) {
    const started = process.cpuUsage();
    classify(view, () => 0);
    compress(view, bytes.length, records);
    best = Math.min(best, process.cpuUsage(started).user / 1000);
  }
  return best;
}

/** What is given up at most is little work, so any of these is a few milliseconds at worst, on any machine. */
const LONGEST = 20;

test('no response costs more than a few milliseconds', () => {
  const asked = buildQuery({ name: 'x.example' });
  const chain = Buffer.concat(
    Array.from({ length: 8000 }, (_, i) => words(0xc000 | (i === 0 ? 12 : 39 + 2 * i - 2))),
  );
  const bombs = Array.from({ length: 3000 }, () => opaque(types.CNAME, words(0xfff0)));
  const deep = Array.from({ length: 230 }, (_, i) =>
    a('10.0.0.1', {
      owner: Array.from({ length: 120 }, (_, k) => String.fromCharCode(97 + ((i >> (k & 7)) & 1))),
    }),
  );
  const all: Readonly<Record<string, [Buffer, number]>> = {
    'pointers to pointers': [buildReply(asked, { answer: [opaque(types.TXT, chain), ...bombs] }), 3001],
    'names of 120 labels': [buildReply(asked, { answer: deep }), 230],
    'names of every end': [
      buildReply(asked, { answer: Array.from({ length: 3000 }, (_, i) => a('10.0.0.1', { owner: `${i}` })) }),
      3000,
    ],
    'one denial': [buildReply(asked, { authority: [soa({ owner: 'example' })] }), 1],
  };
  for (const [what, [bytes, records]] of Object.entries(all)) {
    const ms = cost(bytes, records);
    assert.ok(ms < LONGEST, `${what}: ${ms} ms`);
  }
});

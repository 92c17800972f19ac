// right-answer.test — the right answer is taken for right, and every change of it for wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, HEADER, type Kind, kinds, question } from '../../../chaos/load/catalogue.ts';
import { faultOf } from '../../../chaos/load/right-answer.ts';

/** What a server says that has it right. */
function answer(kind: Kind, name: string, flags = kinds[kind].records === 0 ? 0x8183 : 0x8180): Buffer {
  const { message, length } = question(kind, name, true);
  const { records } = kinds[kind];
  const reply = Buffer.concat([message.subarray(0, HEADER + length), Buffer.alloc(records * 16)]);
  reply.writeUInt16BE(flags, 2);
  reply.writeUInt16BE(records, 6);
  reply.writeUInt16BE(0, 10);
  for (let n = 0; n < records; n++) {
    reply.set([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4], HEADER + length + 16 * n);
    reply.writeUInt32BE(addressOf(message, HEADER, length - 4, n), HEADER + length + 16 * n + 12);
  }
  return reply;
}

const name = 'Miss-1.chaos.example';
const asked = question('miss', name, true);

function fault(change: (reply: Buffer) => Buffer | undefined): string | undefined {
  const right = answer('miss', name);
  const reply = change(right) ?? right;
  return faultOf(asked, reply, reply.length, 'udp');
}

test('right answers are right: addresses, none, and cut off where they do not fit', () => {
  assert.equal(
    fault(() => undefined),
    undefined,
  );
  const gone = question('gone', 'gone-1.chaos.example', false);
  const reply = answer('gone', 'gone-1.chaos.example');
  assert.equal(faultOf(gone, reply, reply.length, 'udp'), undefined);
  const huge = question('huge', 'huge-1.chaos.example', true);
  const cut = answer('huge', 'huge-1.chaos.example', 0x8380).subarray(0, HEADER + huge.length);
  assert.equal(huge.fits, false);
  assert.equal(faultOf(huge, cut, cut.length, 'udp'), undefined);
  assert.equal(faultOf(huge, cut, cut.length, 'tcp'), 'cut off');
  const whole = answer('huge', 'huge-1.chaos.example');
  assert.equal(faultOf(huge, whole, whole.length, 'tcp'), undefined);
});

test('the order of the addresses and the spelling of their owner do not matter', () => {
  const end = HEADER + asked.length;
  assert.equal(
    fault((reply) =>
      Buffer.concat([reply.subarray(0, end), reply.subarray(end + 16), reply.subarray(end, end + 16)]),
    ),
    undefined,
  );
});

test('whatever else is changed is seen', () => {
  const end = HEADER + asked.length;
  const at = (offset: number, value: number) => (reply: Buffer) => {
    reply[offset] = value;
    return reply;
  };
  const changes: Record<string, (reply: Buffer) => Buffer> = {
    'not a reply': at(2, 0x01),
    'flags 8080': at(2, 0x80),
    'flags 8980': at(2, 0x89),
    'rcode 2': at(3, 0x82),
    'rcode 3': at(3, 0x83),
    'cut off': at(2, 0x83),
    'another question': at(HEADER + 1, 'm'.charCodeAt(0)),
    'an address of another name': at(end + 15, 0),
    'a record of another name': at(end + 1, 13),
    'a record that is no address': at(end + 3, 16),
    '1 of 2 addresses': at(7, 1),
    '11 bytes': (reply) => reply.subarray(0, 11),
  };
  for (const [said, change] of Object.entries(changes)) assert.equal(fault(change), said);
});

test('every byte of an address, of the question and of the counts matters', () => {
  const right = answer('miss', name);
  const end = HEADER + asked.length;
  const addresses = [0, 1].flatMap((n) => [12, 13, 14, 15].map((i) => end + 16 * n + i));
  const questionBytes = Array.from({ length: asked.length }, (_, i) => HEADER + i);
  for (const offset of [...addresses, ...questionBytes, 4, 5, 6, 7]) {
    const reply = Buffer.from(right);
    reply[offset]! ^= 0x01;
    assert.notEqual(faultOf(asked, reply, reply.length, 'udp'), undefined, `byte ${offset}`);
  }
});

test('a failure is right only where it may be', () => {
  const failure = answer('miss', name, 0x8182);
  assert.equal(faultOf(asked, failure, failure.length, 'udp'), 'rcode 2');
  const lenient = { ...asked, mayFail: true };
  assert.equal(faultOf(lenient, failure, failure.length, 'udp'), undefined);
});

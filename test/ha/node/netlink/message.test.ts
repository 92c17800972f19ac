// message.test — messages and attributes are read as they were written; bytes that are none are refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Attribute,
  attribute,
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  hostUint32,
  joinBytes,
  type NetlinkMessage,
  networkUint32,
  readHostUint32,
  readNetworkUint32,
  textBytes,
  textOf,
} from '../../../../ha/node/netlink/message.ts';

const message: fc.Arbitrary<NetlinkMessage> = fc.record({
  type: fc.nat(0xffff),
  flags: fc.nat(0xffff),
  sequence: fc.nat(0xffffffff),
  port: fc.nat(0xffffffff),
  payload: fc.uint8Array({ maxLength: 50 }),
});
const flat = fc.array(fc.tuple(fc.nat(0x3fff), fc.uint8Array({ maxLength: 30 })));

test('messages are read as they were written, however long', () => {
  fc.assert(
    fc.property(fc.array(message), (messages) => {
      const bytes = joinBytes(messages.map(encodeMessage));
      assert.equal(bytes.length % 4, 0);
      assert.deepEqual(decodeMessages(bytes).map(plain), messages.map(plain));
    }),
  );
});

test('attributes are read as they were written, in attributes, too', () => {
  fc.assert(
    fc.property(flat, flat, fc.nat(0x3fff), (before, inner, type) => {
      const attributes: Attribute[] = [...before, [type, inner]];
      const read = decodeAttributes(encodeAttributes(attributes));
      assert.deepEqual(read.slice(0, -1).map(pair), before.map(pair));
      assert.deepEqual(decodeAttributes(read.at(-1)![1]).map(pair), inner.map(pair));
    }),
  );
});

test('bytes are in the order and at the places the kernel has them', () => {
  const payload = encodeAttributes([
    [1, textBytes('abcd')],
    [4, [[2, networkUint32(0x01020304)]]],
  ]);
  const little = '0900010061626364000000000c00048008000200' + '01020304';
  assert.equal(Buffer.from(payload).toString('hex'), little);
  const bytes = encodeMessage({
    type: 0x0a00,
    flags: 0x0501,
    sequence: 7,
    port: 9,
    payload: payload.slice(0, 9),
  });
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    `19000000000a01050700000009000000${little.slice(0, 18)}000000`,
  );
});

test('the last message and the last attribute may do without their padding', () => {
  const bytes = encodeMessage({ type: 1, flags: 0, sequence: 0, port: 0, payload: Uint8Array.of(1) });
  assert.deepEqual([...decodeMessages(bytes.subarray(0, 17))[0]!.payload], [1]);
  assert.deepEqual([...decodeAttributes(Uint8Array.of(5, 0, 3, 0, 9))[0]![1]], [9]);
});

test('what ends in the middle is refused', () => {
  const bytes = encodeMessage({ type: 1, flags: 0, sequence: 0, port: 0, payload: new Uint8Array(8) });
  for (let length = 1; length < bytes.length; length++) {
    assert.throws(() => decodeMessages(bytes.subarray(0, length)), RangeError, `${length}`);
  }
  const attributes = encodeAttributes([[1, new Uint8Array(8)]]);
  for (let length = 1; length < attributes.length; length++) {
    assert.throws(() => decodeAttributes(attributes.subarray(0, length)), RangeError, `${length}`);
  }
});

test('a length of less than a header, which would never get on, is refused', () => {
  for (const length of [0, 1, 15]) {
    const bytes = new Uint8Array(32);
    bytes[0] = length;
    assert.throws(() => decodeMessages(bytes), RangeError);
  }
  for (const length of [0, 1, 3])
    assert.throws(() => decodeAttributes(Uint8Array.of(length, 0, 1, 0)), RangeError);
});

test('any bytes are messages within them, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of [decodeMessages, decodeAttributes]) {
        try {
          assert.ok(decode(bytes).length <= bytes.length / 4);
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('any change of a few bytes is read within bounds, or refused', () => {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1 }),
      fc.array(change, { minLength: 1 }),
      (messages, changes) => {
        const bytes = joinBytes(messages.map(encodeMessage));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          for (const { payload } of decodeMessages(bytes))
            assert.ok(payload.byteOffset + payload.length <= bytes.length);
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('numbers and texts are read as they were written; a number of another size is refused', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (number) => {
      assert.equal(readNetworkUint32(networkUint32(number)), number);
      assert.equal(readHostUint32(hostUint32(number)), number);
    }),
  );
  assert.equal(textOf(textBytes('ä b')), 'ä b');
  assert.equal(textOf(Buffer.from('no end')), 'no end');
  for (const size of [0, 3, 5]) {
    assert.throws(() => readNetworkUint32(new Uint8Array(size)), RangeError);
    assert.throws(() => readHostUint32(new Uint8Array(size)), RangeError);
  }
});

test('an attribute that is too long for its length is refused instead of wrapped', () => {
  assert.throws(() => encodeAttributes([[1, new Uint8Array(0xffff)]]), RangeError);
});

test('the first attribute of a type is found', () => {
  const found = decodeAttributes(
    encodeAttributes([
      [1, Uint8Array.of(1)],
      [2, Uint8Array.of(2)],
      [2, Uint8Array.of(3)],
    ]),
  );
  assert.deepEqual([...attribute(found, 2)!], [2]);
  assert.equal(attribute(found, 3), undefined);
});

// ---------------------------------------------------------------------------------------------------------------------

function plain({ payload, ...rest }: NetlinkMessage) {
  return { ...rest, payload: [...payload] };
}

function pair([type, value]: readonly [number, Uint8Array]) {
  return [type, [...value]];
}

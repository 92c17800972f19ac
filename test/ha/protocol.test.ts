// protocol.test — messages survive the way; anything else is ignored, whatever it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode, encode, type Message, messageTypes, PROTOCOL_VERSION } from '../../ha/protocol.ts';
import { slots } from '../../src/config.ts';

const message: fc.Arbitrary<Message> = fc.record({
  type: fc.constantFrom(...messageTypes),
  protocol: fc.constant(PROTOCOL_VERSION),
  slot: fc.constantFrom(...slots),
  pid: fc.nat(),
  instance: fc.string(),
  version: fc.string(),
  own: fc.array(fc.string()),
  yours: fc.array(fc.string()),
});

test('a message is read as it was written', () => {
  fc.assert(fc.property(message, (said) => assert.deepEqual(decode(encode(said)), { ...said })));
});

test('bytes that are no message are ignored', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.equal(decode(bytes), undefined)));
  fc.assert(fc.property(fc.json(), (text) => assert.equal(decode(Buffer.from(text)), undefined)));
});

test('a message with any part missing or of another kind is ignored', () => {
  const parts = ['type', 'protocol', 'slot', 'pid', 'instance', 'version', 'own', 'yours'] as const;
  fc.assert(
    fc.property(
      message,
      fc.constantFrom(...parts),
      fc.constantFrom(null, {}, [1], -0.5),
      (said, part, junk) => {
        assert.equal(decode(Buffer.from(JSON.stringify({ ...said, [part]: junk }))), undefined);
      },
    ),
  );
});

test('a process that speaks another protocol is a stranger, whatever it says', () => {
  fc.assert(
    fc.property(message, fc.integer(), (said, protocol) => {
      fc.pre(protocol !== PROTOCOL_VERSION);
      const { pid, slot, version } = said;
      const heard = decode(Buffer.from(JSON.stringify({ ...said, protocol, own: 3, type: 'news' })));
      assert.deepEqual(heard, {
        ...said,
        type: 'stranger',
        protocol,
        pid,
        slot,
        version,
        own: [],
        yours: [],
      });
    }),
  );
});

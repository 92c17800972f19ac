// protocol.test — messages survive the way; anything else is ignored, whatever it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decode,
  encode,
  LONGEST_WORDS,
  type Message,
  messageTypes,
  PROTOCOL_VERSION,
} from '../../../ha/link/protocol.ts';
import type { ElectionMessage } from '../../../ha/node/election-message.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';
import { interfaceTypes, rulesKinds, slots } from '../../../src/config.ts';

/** As JSON makes them. */
const plain = { noNullPrototype: true };
const port = fc.integer({ min: 1, max: 65535 });
const holding: fc.Arbitrary<WantedState> = fc.record(
  {
    interface: fc.record(
      { name: fc.constant('nodelocaldns'), type: fc.constantFrom(...interfaceTypes) },
      plain,
    ),
    rules: fc.constantFrom(...rulesKinds),
    addresses: fc.subarray(['169.254.20.10', 'fd00::10']),
    port,
    further: fc.array(fc.record({ address: fc.constantFrom('169.254.20.10', 'fd00::10'), port }, plain)),
    healthPorts: fc.array(port),
    keep: fc.boolean(),
  },
  plain,
);
const election: fc.Arbitrary<ElectionMessage> = fc.record(
  {
    leader: fc.boolean(),
    acting: fc.boolean(),
    informed: fc.boolean(),
    holding: fc.option(holding),
    parts: fc.array(fc.constantFrom('interface', 'rules')),
  },
  plain,
);

const header = {
  protocol: fc.constant(PROTOCOL_VERSION),
  slot: fc.constantFrom(...slots),
  pid: fc.nat(),
  instance: fc.string(),
  version: fc.string(),
  own: fc.array(fc.string()),
  yours: fc.array(fc.string()),
  further: fc.array(fc.string()),
};
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ ...header, type: fc.constantFrom(...messageTypes.filter((type) => type !== 'election')) }),
  fc.record({ ...header, type: fc.constant('election' as const), election }),
);

const sample: Message = {
  type: 'join',
  protocol: PROTOCOL_VERSION,
  slot: 'primary',
  pid: 1,
  instance: '',
  version: '',
  own: [],
  yours: [],
};

test('a message is read as it was written', () => {
  fc.assert(fc.property(message, (said) => assert.deepEqual(decode(encode(said)), { ...said })));
});

test('a message longer than any of ours is ignored, and one of a process whose name is', () => {
  const said = { ...sample, own: ['x'.repeat(LONGEST_WORDS - encode(sample).length - 2)] };
  assert.deepEqual([encode(said).length, decode(encode(said))], [LONGEST_WORDS, said]);
  assert.equal(decode(encode({ ...said, pid: 10 })), undefined);
  for (const [length, sound] of [
    [64, true],
    [65, false],
  ] as const)
    for (const part of ['instance', 'version'])
      assert.equal(decode(encode({ ...sample, [part]: 'x'.repeat(length) })) !== undefined, sound);
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

test('the word of an election with any part missing or of another kind is ignored: what is kept on a node is not taken from just anyone', () => {
  const said = {
    pid: 1,
    slot: 'primary',
    type: 'election',
    protocol: PROTOCOL_VERSION,
    instance: '',
    version: '',
    own: [],
    yours: [],
  };
  const junk = fc.constantFrom<unknown>(undefined, {}, [-1], -0.5, 'x', ['../etc']);
  const kept = fc.constantFrom('interface', 'rules', 'addresses', 'port', 'healthPorts', 'keep');
  const parts = fc.constantFrom('leader', 'acting', 'informed', 'holding', 'parts');
  const read = (value: unknown) => decode(Buffer.from(JSON.stringify({ ...said, election: value })));
  fc.assert(
    fc.property(election, holding, parts, kept, junk, (good, held, part, field, bad) => {
      assert.equal(read({ ...good, [part]: bad }), undefined);
      assert.equal(read({ ...good, holding: { ...held, [field]: bad } }), undefined);
      assert.equal(
        read({ ...good, holding: { ...held, interface: { name: 'a/b', type: 'tun' } } }),
        undefined,
      );
      assert.equal(read(bad), undefined);
    }),
  );
});

test('what is understood of another protocol is the same in all, but for the leadership, which is not', () => {
  const anyOther = fc.integer().filter((protocol) => protocol !== PROTOCOL_VERSION);
  fc.assert(
    fc.property(message, anyOther, (said, protocol) => {
      const heard = decode(encode({ ...said, protocol }));
      assert.deepEqual(heard, said.type === 'election' ? undefined : { ...said, protocol });
      assert.equal(decode(Buffer.from(JSON.stringify({ ...said, protocol, type: 'news' }))), undefined);
    }),
  );
});

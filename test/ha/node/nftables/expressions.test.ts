// expressions.test — the words of a rule say what it does: those of another rule are others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Attribute,
  decodeAttributes,
  encodeAttributes,
  networkUint32,
  textBytes,
  textOf,
} from '../../../../ha/node/netlink/message.ts';
import { expressionsText, untracked } from '../../../../ha/node/nftables/expressions.ts';
import type { Packets } from '../../../../ha/node/rule-set.ts';

const packets: fc.Arbitrary<Packets & { readonly toSocket: boolean }> = fc.record({
  protocol: fc.constantFrom('tcp', 'udp'),
  end: fc.constantFrom('destination', 'source'),
  address: fc.oneof(fc.ipV4(), fc.constantFrom('fd00:10:96::a', '::1', '2001:db8::')),
  port: fc.nat(65535),
  toSocket: fc.boolean(),
});

test('what is untracked is in words what nft writes for it', () => {
  fc.assert(
    fc.property(packets, (all) => {
      const { protocol, end, address, port, toSocket } = all;
      const [addr, number] = end === 'source' ? ['saddr', 'sport'] : ['daddr', 'dport'];
      const ip = address.includes(':') ? 'ip6' : 'ip';
      assert.equal(
        expressionsText(untracked(all)),
        `${ip} ${addr} ${address} ${protocol} ${number} ${port} ${toSocket ? 'socket transparent 0 ' : ''}notrack`,
      );
    }),
  );
});

test('a change of any byte is another text, or refused', () => {
  fc.assert(
    fc.property(packets, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, change) => {
      const bytes = untracked(all);
      const before = expressionsText(bytes);
      const meaning = meaningOf(bytes);
      bytes[at % bytes.length]! ^= change;
      let text: string;
      try {
        text = expressionsText(bytes);
      } catch (error) {
        return assert.ok(error instanceof RangeError);
      }
      if (meaningOf(bytes) !== meaning) assert.notEqual(text, before);
    }),
    { numRuns: 3000 },
  );
});

test('a rule without one of its steps is another text', () => {
  fc.assert(
    fc.property(packets, fc.nat(), (all, left) => {
      const whole = decodeAttributes(untracked(all));
      const steps = whole.filter((_, i) => i !== left % whole.length);
      assert.notEqual(expressionsText(encodeAttributes(steps)), expressionsText(untracked(all)));
    }),
  );
});

test('steps that are never made here are told as they are', () => {
  const u32 = networkUint32;
  const steps = (...list: readonly (readonly [name: string, data?: readonly Attribute[]])[]) =>
    encodeAttributes(
      list.map(([name, data]) => [
        1,
        data
          ? [
              [1, textBytes(name)],
              [2, data],
            ]
          : [[1, textBytes(name)]],
      ]),
    );
  const meta: Attribute[] = [
    [2, u32(16)],
    [1, u32(1)],
  ];
  const equals = (register: number, op: number): Attribute[] => [
    [1, u32(register)],
    [2, u32(op)],
    [3, [[1, Uint8Array.of(6)]]],
  ];
  assert.equal(expressionsText(steps(['meta', meta], ['cmp', equals(1, 0)])), 'meta l4proto 0x06');
  assert.equal(expressionsText(steps(['meta', meta])), '[load meta l4proto]');
  assert.equal(expressionsText(steps(['cmp', equals(1, 0)])), '[equals 0x06]');
  assert.match(
    expressionsText(steps(['meta', meta], ['cmp', equals(1, 1)])),
    /^\[load meta l4proto\] \[cmp 0x/,
  );
  assert.match(
    expressionsText(steps(['meta', meta], ['cmp', equals(2, 0)])),
    /^\[load meta l4proto\] \[cmp 0x/,
  );
  assert.match(
    expressionsText(
      steps([
        'meta',
        [
          [2, u32(16)],
          [3, u32(1)],
        ],
      ]),
    ),
    /^\[meta 0x/,
  );
  assert.match(expressionsText(steps(['meta', [...meta, [3, u32(1)]]])), /^\[meta 0x/);
  assert.equal(
    expressionsText(steps(['counter', [[1, u32(1)]]], ['notrack'])),
    '[counter 0x0800010000000001] notrack',
  );
  assert.equal(expressionsText(steps(['constructor', [[1, u32(1)]]])), '[constructor 0x0800010000000001]');
  assert.equal(expressionsText(new Uint8Array(0)), '');
});

test('any bytes are put into words, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        expressionsText(bytes);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

// ---------------------------------------------------------------------------------------------------------------------

/** Types and values, without what pads and flags them; bytes where there are no attributes. */
function meaningOf(bytes: Uint8Array): string {
  const within = (value: Uint8Array, depth: number): unknown => {
    try {
      if (depth > 0) {
        return decodeAttributes(value).map(([type, inner]) => {
          const isName = depth === 3 && type === 1;
          return [type, isName ? textOf(inner) : within(inner, depth - 1)];
        });
      }
    } catch {} // no attributes
    return Buffer.from(value).toString('hex');
  };
  return JSON.stringify(within(bytes, 4));
}

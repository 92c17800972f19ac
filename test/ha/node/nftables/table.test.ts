// table.test — the table of a wanted state, and what is read of chains and rules from a kernel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  encodeAttributes,
  joinBytes,
  networkUint32,
  textBytes,
} from '../../../../ha/node/netlink/message.ts';
import { readChain, readRule, readTable, wantedSteps } from '../../../../ha/node/nftables/table.ts';

const lines = (wanted: Parameters<typeof wantedSteps>[0]) => wantedSteps(wanted).map(({ line }) => line);

test('each rule is wanted once, also when a health port is given twice or is that of DNS', () => {
  const once = lines({ addresses: ['10.0.0.1'], port: 53, healthPorts: [8080] });
  assert.equal(once.length, 3 + 8);
  assert.equal(new Set(once).size, once.length);
  assert.deepEqual(lines({ addresses: ['10.0.0.1'], port: 53, healthPorts: [8080, 8080, 53] }), once);
});

test('another port of DNS is that of the rules', () => {
  const rules = lines({ addresses: ['10.0.0.1'], port: 5353, healthPorts: [] }).slice(3);
  for (const rule of rules) assert.match(rule, / [sd]port 5353 (socket transparent 0 )?notrack /);
});

test('nothing is wanted for no addresses', () => {
  assert.deepEqual(lines({ addresses: [], port: 53, healthPorts: [8080] }), []);
});

test('chains and rules of other tables are passed over', () => {
  assert.equal(
    readChain(
      told([
        [1, textBytes('firewall')],
        [3, textBytes('input')],
      ]),
    ),
    undefined,
  );
  assert.equal(
    readRule(
      told([
        [1, textBytes('firewall')],
        [2, textBytes('input')],
      ]),
    ),
    undefined,
  );
});

test('what is in the table and not ours is told as it is', () => {
  assert.equal(
    readChain(
      told([
        [1, textBytes('twindns')],
        [3, textBytes('x')],
      ]),
    ),
    'chain inet twindns x',
  );
  const hook = encodeAttributes([
    [1, networkUint32(9)],
    [2, networkUint32(5)],
  ]);
  const chain = [
    [1, textBytes('twindns')],
    [3, textBytes('x')],
    [4, hook],
    [5, networkUint32(7)],
    [7, textBytes('nat')],
  ] as const;
  assert.equal(readChain(told(chain)), 'chain inet twindns x { type nat hook 9 priority 5; policy 7; }');
  assert.deepEqual(
    readTable(
      told([
        [1, textBytes('twindns')],
        [2, networkUint32(7)],
        [7, networkUint32(66)],
      ]),
    ),
    {
      line: 'table inet twindns { flags dormant, owner, persist; }',
      owner: 66,
    },
  );
  const rule = [
    [1, textBytes('twindns')],
    [2, textBytes('x')],
  ] as const;
  assert.equal(readRule(told(rule)), 'rule inet twindns x ');
  const said = Uint8Array.of(1, 2, 0, 0, 0, 3, 104, 105, 0);
  assert.equal(readRule(told([...rule, [7, said]])), 'rule inet twindns x  comment "hi"');
  for (const odd of [Uint8Array.of(0), Uint8Array.of(5, 0, 5, 0), Uint8Array.of(9, 200, 0, 1)]) {
    assert.equal(readRule(told([...rule, [7, odd]])), 'rule inet twindns x ');
  }
});

test('any bytes are read, or refused', () => {
  for (const read of [readTable, readChain, readRule]) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }),
    );
    assert.throws(() => read(Uint8Array.of(1, 0, 0)), RangeError);
  }
});

// ---------------------------------------------------------------------------------------------------------------------

function told(attributes: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  return joinBytes([Uint8Array.of(1, 0, 0, 0), encodeAttributes(attributes)]);
}

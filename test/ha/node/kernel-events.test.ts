// kernel-events.test — events about what is ours are told from the many about what is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concernsInterface, concernsRules } from '../../../ha/node/kernel-events.ts';
import { addressBytes } from '../../../ha/node/netlink/address-bytes.ts';
import {
  type Attribute,
  encodeAttributes,
  encodeMessage,
  joinBytes,
  textBytes,
} from '../../../ha/node/netlink/message.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';

const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'iptables',
  addresses: ['169.254.20.10', 'fd00::10'],
  port: 53,
  healthPorts: [],
  keep: false,
};

function told(type: number, header: number, attributes: readonly Attribute[]): Uint8Array {
  const payload = joinBytes([new Uint8Array(header), encodeAttributes(attributes)]);
  return encodeMessage({ type, flags: 0, sequence: 0, port: 0, payload });
}
const link = (type: number, name: string) => told(type, 16, [[3, textBytes(name)]]);
const address = (type: number, text: string) => told(type, 8, [[1, addressBytes(text)]]);
const nft = (message: number, ...texts: readonly (readonly [number, string])[]) =>
  told(
    (10 << 8) | message,
    4,
    texts.map(([which, text]) => [which, textBytes(text)] as const),
  );

const links: readonly [what: string, bytes: Uint8Array, ours: boolean][] = [
  ['our interface is deleted', link(17, 'nodelocaldns'), true],
  ['our interface changes', link(16, 'nodelocaldns'), true],
  ["a pod's interface is deleted", link(17, 'veth0'), false],
  ['an address of ours is deleted', address(21, 'fd00::10'), true],
  ['an address of ours is added', address(20, '169.254.20.10'), false],
  ["a pod's address is deleted", address(21, '10.0.0.7'), false],
  ['two things in one datagram', joinBytes([link(17, 'veth0'), address(21, '169.254.20.10')]), true],
];
for (const [what, bytes, ours] of links)
  test(what, () => assert.equal(concernsInterface(bytes, wantedState), ours));

const rules: readonly [what: string, bytes: Uint8Array, ours: boolean][] = [
  ['our table is deleted', nft(2, [1, 'twindns']), true],
  ['a rule of ours is deleted', nft(8, [1, 'twindns'], [2, 'output']), true],
  ['the table raw is deleted', nft(2, [1, 'raw']), true],
  ['a rule in PREROUTING of raw is deleted', nft(8, [1, 'raw'], [2, 'PREROUTING']), true],
  ['INPUT of filter is deleted', nft(5, [1, 'filter'], [3, 'INPUT']), true],
  ['kube-proxy deletes a rule in a chain of its own', nft(8, [1, 'filter'], [2, 'KUBE-FORWARD']), false],
  ['kube-proxy deletes a chain of its own', nft(5, [1, 'filter'], [3, 'KUBE-SEP-X']), false],
  ['kube-proxy deletes rules in nat', nft(8, [1, 'nat'], [2, 'PREROUTING']), false],
  ['another program adds a rule', nft(6, [1, 'raw'], [2, 'PREROUTING']), false],
];
for (const [what, bytes, ours] of rules) test(what, () => assert.equal(concernsRules(bytes), ours));

test('what cannot be read concerns us', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 15 }), (bytes) => {
      assert.equal(concernsInterface(bytes, wantedState), true);
      assert.equal(concernsRules(bytes), true);
    }),
  );
});

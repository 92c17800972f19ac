// refusals.test — kernels that are old, strange or unwilling, scripted: each refusal is a sentence with a way out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  hostUint32,
  joinBytes,
  NLMSG_ERROR,
  networkUint32,
  textBytes,
} from '../../../../ha/node/netlink/message.ts';
import type { Kernel } from '../../../../ha/node/netlink/netlink.ts';
import { NftablesRules } from '../../../../ha/node/nftables/nftables.ts';
import { NodeError } from '../../../../ha/node/node-part.ts';
import type { WantedState } from '../../../../ha/node/wanted-state.ts';

const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'nftables',
  addresses: ['169.254.20.10'],
  port: 53,
  healthPorts: [],
  keep: false,
};
const NEWTABLE = 0xa00;
const GETTABLE = 0xa01;
const NEWRULE = 0xa06;
const BEGIN = 0x10;
/** No answer. */
const silent = Number.NaN;
const noTable = { [GETTABLE]: -2 };

const refusals: readonly (readonly [what: string, answers: Answers, message: RegExp, passing: boolean])[] = [
  ['CAP_NET_ADMIN is missing', { [GETTABLE]: -1 }, /CAP_NET_ADMIN.*--rules none/, false],
  ['CAP_NET_ADMIN went away', { ...noTable, [BEGIN]: -1 }, /CAP_NET_ADMIN/, false],
  ['the kernel has no nftables', { [GETTABLE]: -22 }, /modprobe nf_tables.*--rules iptables/, false],
  ['tables have no owners, 5.11', { ...noTable, [NEWTABLE]: -22 }, /5\.12.*--rules iptables/, false],
  ['tables have no owners, later', { ...noTable, [NEWTABLE]: -95 }, /5\.12.*--rules iptables/, false],
  [
    'notrack is missing',
    { ...noTable, [NEWRULE]: -2 },
    /rule inet twindns .* ENOENT.*--rules iptables/,
    false,
  ],
  ['the commit failed', { ...noTable, [BEGIN]: -12 }, /ENOMEM/, false],
  ['another made it first', { ...noTable, [NEWTABLE]: -17 }, /changed while.*tried again/, true],
  ['it is too much at once', { ...noTable, [BEGIN]: -90 }, /EMSGSIZE/, false],
  ['nothing is said to the change', { ...noTable, [BEGIN]: silent, [NEWRULE]: silent }, /EAGAIN/, false],
  ['answers got lost', { [GETTABLE]: -105 }, /ENOBUFS.*tried again/, true],
];

for (const [what, answers, message, passing] of refusals) {
  test(`when ${what}, a sentence says what to do`, async () => {
    const rules = new NftablesRules(wantedState, 1 << 30, { kernel: scripted(answers) });
    await assert.rejects(
      async () => rules.apply(await rules.observe()),
      (error) => {
        assert.ok(error instanceof NodeError, String(error));
        assert.equal(error.kind, 'iptables');
        assert.match(error.message, /^nftables on this node: /);
        assert.match(error.message, message);
        assert.equal(error.passing, passing);
        assert.ok(error.cause instanceof Error);
        return true;
      },
    );
  });
}

test('a table that is told in a way that makes no sense is a sentence, too', async () => {
  const table = encodeAttributes([
    [1, textBytes('twindns')],
    [7, Uint8Array.of(1)],
  ]);
  const answer = joinBytes([Uint8Array.of(1, 0, 0, 0), table]);
  const rules = new NftablesRules(wantedState, 1 << 30, { kernel: scripted({ [GETTABLE]: answer }) });
  await assert.rejects(rules.observe(), NodeError);
});

test('a table of another owner is not removed, and not even asked to be', async () => {
  const parts = encodeAttributes([
    [1, textBytes('twindns')],
    [7, networkUint32(6)],
  ]);
  const asked: number[] = [];
  const kernel = scripted({ [GETTABLE]: joinBytes([Uint8Array.of(1, 0, 0, 0), parts]) }, asked);
  assert.deepEqual(await new NftablesRules(wantedState, 1 << 30, { kernel }).remove(), []);
  assert.deepEqual(asked, [GETTABLE]);
});

// ---------------------------------------------------------------------------------------------------------------------

/** By the type of the request: an errno, or what is answered before all is well. */
type Answers = Readonly<Record<number, number | Uint8Array>>;

/** Speaks to a socket with port 5. */
function scripted(answers: Answers, asked: number[] = []): Kernel {
  const waiting: Uint8Array[] = [];
  return {
    read(_fd, buffer, offset) {
      const next = waiting.shift();
      if (next !== undefined) buffer.set(next, offset);
      return next?.length ?? -11;
    },
    write(_fd, buffer, offset, length) {
      for (const { type, sequence } of decodeMessages(buffer.subarray(offset, offset + length))) {
        asked.push(type);
        const answer = answers[type] ?? 0;
        const say = (kind: number, payload: Uint8Array) =>
          waiting.push(encodeMessage({ type: kind, flags: 0, sequence, port: 5, payload }));
        if (typeof answer !== 'number') say(0xa00, answer);
        if (Number.isNaN(answer)) continue;
        const status = typeof answer === 'number' ? answer : 0;
        say(NLMSG_ERROR, joinBytes([hostUint32(status), new Uint8Array(16)]));
      }
      return length;
    },
  };
}

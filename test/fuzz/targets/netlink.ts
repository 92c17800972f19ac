// netlink — target: what the kernel, or a process that passes for it, answers about interfaces and rules.

import { EAGAIN } from 'node-reuseport';
import { concernsInterface, concernsRules } from '../../../ha/node/kernel-events.ts';
import {
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
} from '../../../ha/node/netlink/message.ts';
import { type Kernel, Netlink, NetlinkError } from '../../../ha/node/netlink/netlink.ts';
import { Rtnetlink } from '../../../ha/node/netlink/rtnetlink.ts';
import { expressionsText, untracked } from '../../../ha/node/nftables/expressions.ts';
import { readChain, readRule, readTable, wantedSteps } from '../../../ha/node/nftables/table.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';
import type { Target } from '../target.ts';
import { must, orThrows } from './must.ts';

export const netlink: Target = {
  name: 'netlink',
  sentence: 'ha/node reads what the kernel answers',
  most: 1024,
  seeds: () => [
    ...wantedSteps({ addresses: ['169.254.20.10', 'fd00::a'], port: 53, healthPorts: [] }).map(
      ({ request }) => ofKind(0, answer(request.type, request.payload)),
    ),
    ofKind(1, answer(16, linkBytes), answer(2, Buffer.alloc(4))),
    ofKind(2, answer(20, addressBytes, 2), answer(3, Buffer.alloc(4), 2)),
    ofKind(
      3,
      untracked({ protocol: 'udp', end: 'source', address: '169.254.20.10', port: 53, toSocket: true }),
    ),
    ofKind(
      3,
      untracked({ protocol: 'tcp', end: 'destination', address: 'fd00::a', port: 53, toSocket: false }),
    ),
  ],
  run(input) {
    const [kind = 0] = input;
    const bytes = Uint8Array.from(input.subarray(1));
    if (kind % 4 === 0) readRules(bytes);
    if (kind % 4 !== 3) readEvents(bytes);
    else if (kind % 4 === 1) ask(bytes, (kernel) => kernel.link('lo'));
    else if (kind % 4 === 2) ask(bytes, (kernel) => kernel.addresses());
    else readExpressions(bytes);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

const linkBytes = Buffer.concat([
  Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
  encodeAttributes([
    [3, Buffer.from('lo\0')],
    [18, [[1, Buffer.from('dummy\0')]]],
    [10, Buffer.of(2, 0, 0, 0)],
  ]),
]);
const addressBytes = Buffer.concat([
  Buffer.from([2, 32, 0, 0, 1, 0, 0, 0]),
  encodeAttributes([
    [1, Buffer.of(127, 0, 0, 1)],
    [2, Buffer.of(127, 0, 0, 1)],
  ]),
]);

const wanted: WantedState = {
  addresses: ['127.0.0.1', 'fd00::a'],
  port: 53,
  healthPorts: [],
  interface: { name: 'lo', type: 'dummy' },
  rules: 'nftables',
  keep: false,
};

function answer(type: number, payload: Uint8Array, flags = 0): Uint8Array {
  return encodeMessage({ type, flags, sequence: 0, port: 1, payload });
}

function ofKind(kind: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(kind), ...parts]);
}

function readRules(bytes: Uint8Array): void {
  for (const { payload } of orThrows(() => decodeMessages(bytes), RangeError) ?? []) {
    orThrows(() => readTable(payload), RangeError);
    orThrows(() => readChain(payload), RangeError);
    orThrows(() => readRule(payload), RangeError);
  }
}

/** What cannot be read concerns us, too. */
function readEvents(bytes: Uint8Array): void {
  const readable = orThrows(() => decodeMessages(bytes), RangeError) !== undefined;
  must(concernsInterface(bytes, wanted) || readable, 'an event that makes no sense is looked into');
  must(concernsRules(bytes) || readable, 'also one about rules');
}

function readExpressions(bytes: Uint8Array): void {
  const said = orThrows(() => expressionsText(bytes), RangeError);
  const attributes = orThrows(() => decodeAttributes(bytes), RangeError);
  must(said === undefined || attributes !== undefined, 'expressions are attributes');
  if (said === undefined || attributes === undefined) return;
  must(expressionsText(encodeAttributes(attributes)) === said, 'the same expressions have the same words');
}

/** The kernel answers the first request with these bytes, which get the number of that request. */
function ask(bytes: Uint8Array, question: (kernel: Rtnetlink) => unknown): void {
  let waiting: Uint8Array | undefined;
  const kernel: Kernel = {
    write(_fd, request, _offset, length) {
      waiting = bytes;
      if (bytes.length >= 12) bytes.set(request.subarray(8, 12), 8);
      return length;
    },
    read(_fd, buffer) {
      const told = waiting;
      waiting = undefined;
      if (told === undefined) return -EAGAIN;
      buffer.set(told);
      return told.length;
    },
  };
  orThrows(() => question(new Rtnetlink(new Netlink(0, kernel))), NetlinkError);
}

// netlink.test — asking the kernel: answers are matched to what was asked, refusals are errors, nothing is waited for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { close, openNetlink, write } from 'node-reuseport';
import {
  decodeMessages,
  encodeMessage,
  hostUint32,
  joinBytes,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../../../../ha/node/netlink/message.ts';
import { type Kernel, Netlink, NetlinkError } from '../../../../ha/node/netlink/netlink.ts';

const RTM_GETLINK = 18;
const EAGAIN = -11;
const ENOBUFS = -105;

test('the kernel is asked for all there is and for one thing, and refuses what is not there', (t) => {
  const fd = openNetlink(0, 0);
  t.after(() => close(fd));
  const netlink = new Netlink(fd);
  const links = netlink.dump(RTM_GETLINK, new Uint8Array(16));
  assert.ok(links.some(({ payload }) => Buffer.from(payload).includes('lo\0')));
  const first = new Uint8Array(16);
  first.set(hostUint32(1), 4);
  assert.equal(netlink.ask(RTM_GETLINK, first).length, 1);
  first.set(hostUint32(0x7ffffff), 4);
  assert.throws(
    () => netlink.ask(RTM_GETLINK, first),
    (error) => error instanceof NetlinkError && error.code === 'ENODEV' && error.request === 0,
  );
  assert.equal(netlink.dump(RTM_GETLINK, new Uint8Array(16)).length, links.length);
});

test('a dump that another process began on the same socket and did not read is no hindrance', (t) => {
  const fd = openNetlink(0, 0);
  t.after(() => close(fd));
  const flags = NLM_F_REQUEST | NLM_F_DUMP;
  const request = encodeMessage({
    type: RTM_GETLINK,
    flags,
    sequence: 7,
    port: 0,
    payload: new Uint8Array(16),
  });
  write(fd, request, 0, request.length);
  assert.ok(new Netlink(fd).dump(RTM_GETLINK, new Uint8Array(16)).length > 0);
});

test('a descriptor that is no netlink socket is an error with its code', () => {
  assert.throws(() => new Netlink(1 << 30).ask(RTM_GETLINK, new Uint8Array(16)), { code: 'EBADF' });
});

test('answers to what another process asked on the same socket are not taken for ours', () => {
  const { kernel, netlink } = scripted((sequence) => [
    answer(sequence - 1, 20, 'before'),
    answer(sequence, 20, 'ours'),
    answer(sequence + 1, 20, 'after'),
    ended(sequence, 0),
  ]);
  kernel.waiting.push(answer(0, 20, 'left there'));
  assert.deepEqual(netlink.ask(1, new Uint8Array(0)).map(text), ['ours']);
});

test('of several requests it is told which one was refused, and by what code', () => {
  const request = { type: 1, flags: 0, payload: new Uint8Array(3) };
  const { netlink } = scripted((sequence) => [ended(sequence + 1, -17), ended(sequence + 2, 0)]);
  assert.throws(() => netlink.batch([request, request, { ...request, flags: NLM_F_ACK }]), {
    code: 'EEXIST',
    request: 1,
  });
  for (const [status, code] of [
    [-1, 'EPERM'],
    [-95, 'EOPNOTSUPP'],
    [-85, 'ERESTART'],
  ] as const) {
    assert.throws(() => scripted((sequence) => [ended(sequence, status)]).netlink.ask(1, new Uint8Array(0)), {
      code,
    });
  }
});

test('an answer that is not there is an error and not waited for', () => {
  assert.throws(() => scripted(() => []).netlink.ask(1, new Uint8Array(0)), { code: 'EAGAIN' });
  assert.throws(
    () => scripted((sequence) => [answer(sequence, 16, 'x')]).netlink.dump(1, new Uint8Array(0)),
    {
      code: 'EAGAIN',
    },
  );
});

test('a request that makes something only if it is new, and asks for no answer, is owed none', () => {
  const request = { type: 1, flags: NLM_F_CREATE | NLM_F_EXCL, payload: new Uint8Array(0) };
  assert.deepEqual(scripted(() => []).netlink.batch([request]), []);
});

test('a dump that was disturbed is made again, and given up when it always is', () => {
  let turns = 0;
  const disturbed = (until: number) => (sequence: number) => [
    answer(sequence, 16, `turn ${++turns}`, turns < until ? NLM_F_DUMP_INTR : 0),
    done(sequence, 0),
  ];
  assert.deepEqual(scripted(disturbed(3)).netlink.dump(1, new Uint8Array(0)).map(text), ['turn 3']);
  assert.throws(() => scripted(disturbed(Infinity)).netlink.dump(1, new Uint8Array(0)), { code: 'EINTR' });
});

test('a dump that ends with an error is an error', () => {
  assert.throws(() => scripted((sequence) => [done(sequence, -12)]).netlink.dump(1, new Uint8Array(0)), {
    code: 'ENOMEM',
  });
});

test('answers that were lost for want of room do not pass for none', () => {
  assert.throws(() => scripted(() => [ENOBUFS]).netlink.ask(1, new Uint8Array(0)), { code: 'EAGAIN' });
  const { netlink } = scripted((sequence) => [ENOBUFS, ended(sequence, 0)]);
  assert.deepEqual(netlink.ask(1, new Uint8Array(0)), []);
});

test('an answer that is cut off, or is none, is an error', () => {
  const { netlink } = scripted((sequence) => [ended(sequence, 0).subarray(0, 18)]);
  assert.throws(() => netlink.ask(1, new Uint8Array(0)), { code: 'EBADMSG' });
  const short = scripted((sequence) => [message(sequence, NLMSG_ERROR, new Uint8Array(2))]);
  assert.throws(() => short.netlink.ask(1, new Uint8Array(0)), { code: 'EBADMSG' });
  const long = scripted((sequence) => [answer(sequence, 16, 'x'.repeat(1 << 18))]);
  assert.throws(() => long.netlink.ask(1, new Uint8Array(0)), { code: 'EMSGSIZE' });
});

// ---------------------------------------------------------------------------------------------------------------------

/** A kernel that answers to the sequence number of the first request it is given; a number stands for an errno. */
function scripted(reply: (sequence: number) => readonly (Uint8Array | number)[]) {
  const waiting: (Uint8Array | number)[] = [];
  const kernel: Kernel & { waiting: typeof waiting } = {
    waiting,
    read(_fd, buffer, offset, length) {
      const next = waiting.shift() ?? EAGAIN;
      if (typeof next === 'number') return next;
      const taken = next.subarray(0, length);
      buffer.set(taken, offset);
      return taken.length;
    },
    write(_fd, buffer, offset, length) {
      waiting.push(...reply(decodeMessages(buffer.subarray(offset, offset + length))[0]!.sequence));
      return length;
    },
  };
  return { kernel, netlink: new Netlink(0, kernel) };
}

function message(sequence: number, type: number, payload: Uint8Array, flags = 0): Uint8Array {
  return encodeMessage({ type, flags, sequence: sequence >>> 0, port: 5, payload });
}

const answer = (sequence: number, type: number, said: string, flags = 0) =>
  message(sequence, type, Buffer.from(said), flags);
const ended = (sequence: number, status: number) =>
  message(sequence, NLMSG_ERROR, joinBytes([hostUint32(status), new Uint8Array(16)]));
const done = (sequence: number, status: number) => message(sequence, NLMSG_DONE, hostUint32(status));
const text = ({ payload }: NetlinkMessage) => Buffer.from(payload).toString();

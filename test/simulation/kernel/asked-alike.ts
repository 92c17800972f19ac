// asked-alike — what is asked of Linux and of the simulated kernel alike: short scripts of calls, whose results must be the same.

import type * as reuseport from 'node-reuseport';

export type Calls = typeof reuseport;

export interface Script {
  readonly name: string;
  /** @param free an address and a port of its own  @returns what is compared */
  run(calls: Calls, free: { readonly address: string; readonly port: number }, name: string): unknown;
}

const bytes = (...numbers: number[]) => Uint8Array.from(numbers);
const none = new Int32Array(0);

/** What it throws, as its code; else what it returns. */
function codeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function channelPair(calls: Calls, name: string): readonly [caller: number, called: number] {
  const listener = calls.listenChannel(name);
  const caller = calls.connectChannel(name);
  const called = calls.accept(listener, new Uint8Array(calls.ADDRESS_BYTES));
  calls.close(listener);
  return [caller, called];
}

/** Messages that come until there is none, the end, or an error that is told twice. */
function heard(calls: Calls, fd: number): number[] {
  const found: number[] = [];
  const descriptors = new Int32Array(8);
  for (let i = 0; i < 4; i++) {
    const length = calls.receiveMessage(fd, new Uint8Array(64), descriptors);
    found.push(length);
    for (const one of descriptors.subarray(1, 1 + descriptors[0]!)) calls.close(one);
  }
  return found;
}

export const scripts: readonly Script[] = [
  {
    name: 'sockets share a port if all of them say so',
    run({ bindUdp, close }, free) {
      const first = bindUdp(free);
      const found = [
        codeOf(() => bindUdp({ ...free, reusePort: false })),
        codeOf(() => close(bindUdp(free))),
      ];
      close(first);
      return [...found, codeOf(() => close(bindUdp({ ...free, reusePort: false })))];
    },
  },
  {
    name: 'a socket that has left its group takes nothing more, keeps what it has, and can answer',
    run({ bindUdp, connectUdp, leaveGroup, queueHead, read, write, peerOf, close, ADDRESS_BYTES }, free) {
      const [one, other] = [bindUdp(free), bindUdp(free)];
      const clients = Array.from({ length: 40 }, () => connectUdp(free));
      for (const client of clients) write(client, bytes(1), 0, 1);
      const before = [one, other].map((fd) => queueHead(fd) > 0);
      const left = [
        leaveGroup(one),
        peerOf(one, new Uint8Array(ADDRESS_BYTES)),
        peerOf(other, new Uint8Array(ADDRESS_BYTES)),
      ];
      let kept = 0;
      while (read(one, new Uint8Array(9), 0, 9) === 1) kept++;
      for (const client of clients) write(client, bytes(2), 0, 1);
      const behind = queueHead(one);
      let taken = kept;
      while (read(other, new Uint8Array(9), 0, 9) === 1) taken++;
      for (const fd of [one, other, ...clients]) close(fd);
      return { before, left, behind, some: kept > 0, taken };
    },
  },
  {
    name: 'a connected socket hears its peer alone',
    run({ bindUdp, connectUdp, describe, read, write, close }, free) {
      const server = bindUdp(free);
      const client = connectUdp(free);
      const { address, port } = describe(client);
      const stranger = connectUdp({ address, port });
      write(stranger, bytes(7), 0, 1);
      const found = read(client, new Uint8Array(9), 0, 9);
      for (const fd of [server, client, stranger]) close(fd);
      return found;
    },
  },
  {
    name: 'a message arrives whole, with its descriptors; a listener knows no other name',
    run(calls, free, name) {
      const { bindUdp, sendMessage, receiveMessage, describe, close } = calls;
      const [caller, called] = channelPair(calls, name);
      const socket = bindUdp(free);
      const sent = sendMessage(caller, bytes(1, 2, 3), 3, Int32Array.of(socket));
      close(socket);
      const descriptors = new Int32Array(3);
      const length = receiveMessage(called, new Uint8Array(8), descriptors);
      const { type, port } = describe(descriptors[1]!);
      for (const fd of [caller, called, descriptors[1]!]) close(fd);
      return [
        sent,
        length,
        descriptors[0],
        type,
        port === free.port,
        codeOf(() => calls.connectChannel(name)),
      ];
    },
  },
  {
    name: 'what does not fit is not kept',
    run(calls, free, name) {
      const { bindUdp, sendMessage, receiveMessage, close } = calls;
      const [caller, called] = channelPair(calls, name);
      const socket = bindUdp(free);
      sendMessage(caller, bytes(1, 2, 3), 3, none);
      sendMessage(caller, bytes(1), 1, Int32Array.of(socket, socket));
      const found = [
        receiveMessage(called, new Uint8Array(2), new Int32Array(2)),
        receiveMessage(called, new Uint8Array(2), new Int32Array(2)),
      ];
      for (const fd of [caller, called, socket]) close(fd);
      return found;
    },
  },
  {
    name: 'what was said before an end is heard, then the end',
    run(calls, _free, name) {
      const [caller, called] = channelPair(calls, name);
      calls.sendMessage(caller, bytes(1, 2), 2, none);
      calls.close(caller);
      const found = [heard(calls, called), calls.sendMessage(called, bytes(1), 1, none)];
      calls.close(called);
      return found;
    },
  },
  {
    name: 'an end with messages unread is a reset, told once, before what was said',
    run(calls, _free, name) {
      const [caller, called] = channelPair(calls, name);
      calls.sendMessage(caller, bytes(1, 2), 2, none);
      calls.sendMessage(called, bytes(1), 1, none);
      calls.close(caller);
      const found = heard(calls, called);
      calls.close(called);
      return found;
    },
  },
  {
    name: 'where reading is shut the other side cannot send, and what has come is heard',
    run(calls, _free, name) {
      const [caller, called] = channelPair(calls, name);
      calls.sendMessage(caller, bytes(1, 2), 2, none);
      const shut = calls.shutdown(called, 0);
      const found = [
        calls.sendMessage(caller, bytes(1), 1, none),
        heard(calls, called),
        calls.sendMessage(called, bytes(1), 1, none),
      ];
      const back = heard(calls, caller);
      for (const fd of [caller, called]) calls.close(fd);
      return [shut, ...found, back];
    },
  },
  {
    name: 'a channel that is not read takes no more in the end, and takes more when it is read',
    run(calls, _free, name) {
      const [caller, called] = channelPair(calls, name);
      const message = new Uint8Array(4096);
      let sent = 0;
      while (calls.sendMessage(caller, message, message.length, none) > 0 && sent < 1000) sent++;
      const full = calls.sendMessage(caller, message, message.length, none);
      const descriptors = new Int32Array(2);
      for (let i = 0; i < 8; i++) calls.receiveMessage(called, message, descriptors);
      const again = calls.sendMessage(caller, message, message.length, none);
      for (const fd of [caller, called]) calls.close(fd);
      return [sent > 8, full, again];
    },
  },
  {
    name: 'datagrams lie in an arena until the next receive, and are answered from there',
    run(
      {
        Arena,
        bindUdp,
        connectUdp,
        read,
        write,
        close,
        HEAD_LENGTHS,
        HEAD_LENGTH_STRIDE,
        HEAD_TAG,
        mapMemory,
      },
      free,
    ) {
      const arena = new Arena({ ring: 8, parked: 2 });
      const words = () => new Int32Array(mapMemory(arena.fd).buffer);
      const lengths = () => {
        const all = words();
        return [0, 1].map((i) => all[(all[HEAD_LENGTHS]! + i * all[HEAD_LENGTH_STRIDE]!) >> 2]);
      };
      const server = bindUdp(free);
      const client = connectUdp(free);
      write(client, bytes(1, 2, 3), 0, 3);
      write(client, bytes(4, 5), 0, 2);
      const found: unknown[] = [arena.receive(server, 7), lengths(), words()[HEAD_TAG]];
      arena.outbox.set(bytes(9, 9, 9));
      arena.replies.set([1, 0, 0, 3]);
      const out = new Uint8Array(8);
      found.push(arena.send(server, 1), read(client, out, 0, 8), [...out]);
      found.push(arena.receive(server, 8), lengths(), words()[HEAD_TAG]);
      for (const fd of [server, client]) close(fd);
      return found;
    },
  },
];

// streams — the calls of node-reuseport on streams and channels: read, write, accept, and messages with descriptors.

import { storeAddress } from '../kernel/address.ts';
import { ChannelEnd, ChannelListener } from '../kernel/channel.ts';
import { errnos, KernelError } from '../kernel/errno.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { TcpConnection, TcpListener } from '../kernel/tcp.ts';
import { UdpSocket } from '../kernel/udp.ts';
import type { Process } from './process.ts';

/** Set in what `accept` returns when the channel did not take the connection. */
const UNTOLD = 0x40000000;

export function streamCalls(process: Process) {
  const { machine } = process;

  /** A number that is no descriptor is refused as the kernel does. */
  function on(fd: number, call: (connection: TcpConnection) => number): number {
    const connection = process.as(fd, TcpConnection);
    return typeof connection === 'number' ? connection : call(connection);
  }

  function read(fd: number, buffer: Uint8Array, offset: number, length: number, take: boolean): number {
    const file = process.file(fd);
    if (file instanceof TcpConnection) return file.read(buffer, offset, length, take);
    if (!(file instanceof UdpSocket)) return file === undefined ? -errnos.EBADF : -errnos.ENOTSOCK;
    const datagram = take ? file.queue.shift() : file.queue[0];
    if (datagram === undefined) return -errnos.EAGAIN;
    const some = datagram.bytes.subarray(0, length);
    buffer.set(some, offset);
    return some.length;
  }

  function opened(file: OpenFile): number {
    try {
      return process.open(file, 'accept');
    } catch {
      return -errnos.EMFILE;
    }
  }

  function accept(fd: number, peer: Uint8Array, channel = -1, message?: Uint8Array): number {
    const listener = process.file(fd);
    if (!(listener instanceof TcpListener || listener instanceof ChannelListener))
      return listener === undefined ? -errnos.EBADF : -errnos.EINVAL;
    const [first] = listener.waiting;
    if (first === undefined) return -errnos.EAGAIN;
    const accepted = opened(first);
    if (accepted < 0) return accepted;
    listener.waiting.shift();
    first.letGo(); // the queue has
    if (first instanceof TcpConnection) {
      storeAddress(peer, 0, first.client.address);
      machine.tell(process, `accepts the connection of ${first.client.address.port}`);
    }
    if (message === undefined) return accepted;
    process.enter('sendMessage of accept');
    const end = process.file(channel);
    const sent = end instanceof ChannelEnd ? end.send(message.slice(), [first]) : -errnos.EBADF;
    if (sent >= 0 && end instanceof ChannelEnd) first.sentTo = end.peerPid;
    machine.tell(process, sent < 0 ? 'its twin is not told of it' : 'its twin is told of it');
    return sent < 0 ? accepted | UNTOLD : accepted;
  }

  return {
    read: (fd: number, buffer: Uint8Array, offset: number, length: number) =>
      read(fd, buffer, offset, length, true),
    peek: (fd: number, buffer: Uint8Array, offset: number, length: number) =>
      read(fd, buffer, offset, length, false),
    discard: (fd: number, length: number) => on(fd, (connection) => connection.discard(length)),
    isUrgent: () => false,
    written: (fd: number) =>
      on(fd, (connection) => (connection.isOver ? -errnos.ENOTCONN : connection.written)),
    wakeAt: (fd: number, bytes: number) =>
      on(fd, (connection) => {
        connection.wakesAt = bytes;
        return 0;
      }),
    shutdown(fd: number, how: number): number {
      const file = process.file(fd);
      if (!(file instanceof ChannelEnd)) return on(fd, (connection) => connection.shutdown(how));
      file.shutdown(how);
      return 0;
    },
    reset: (fd: number) => on(fd, (connection) => connection.reset()),
    write(fd: number, buffer: Uint8Array, offset: number, length: number): number {
      const bytes = buffer.slice(offset, offset + length);
      const file = process.file(fd);
      if (!(file instanceof UdpSocket)) return on(fd, (connection) => connection.write(bytes));
      if (file.peer === undefined) return -errnos.ENOTCONN;
      machine.director.left(process, file.local, file.peer, bytes);
      return length;
    },
    accept,

    listenChannel(name: string): number {
      const made = new ChannelListener(machine.nextInode(), process.pid);
      if (name.startsWith('/')) {
        machine.files.make(name, { inode: made.inode, type: 'socket', mode: 0o600, listener: made }, 'bind');
      } else {
        if (machine.names.has(name)) throw new KernelError('EADDRINUSE', 'bind', name);
        machine.names.set(name, made);
        made.onEnd = () => machine.names.delete(name);
      }
      return process.open(made, 'socket');
    },

    connectChannel(name: string): number {
      const node = name.startsWith('/') ? machine.files.leadingTo(name) : undefined;
      if (name.startsWith('/') && node === undefined) throw new KernelError('ENOENT', 'connect', name);
      const listener = node === undefined ? machine.names.get(name) : node.listener;
      if (!(listener instanceof ChannelListener) || !listener.isOpen)
        throw new KernelError('ECONNREFUSED', 'connect', name);
      const caller = listener.call(process.pid, [machine.nextInode(), machine.nextInode()]);
      return process.open(caller, 'socket');
    },

    peerUser(fd: number): number {
      if (process.file(fd) instanceof ChannelEnd) return 0;
      throw new KernelError('ENOTCONN', 'getsockopt');
    },

    peerProcess(fd: number): number {
      const file = process.file(fd);
      if (file instanceof ChannelEnd) return file.peerPid;
      throw new KernelError('ENOTSOCK', 'getsockopt');
    },

    setSendBuffer(fd: number, bytes: number): number {
      const file = process.file(fd);
      if (file instanceof ChannelEnd) file.sendBuffer = Math.max(file.sendBuffer, 2 * bytes);
      return file === undefined ? -errnos.EBADF : 2 * bytes;
    },

    sendMessage(fd: number, bytes: Uint8Array, length: number, descriptors: Int32Array): number {
      const end = process.as(fd, ChannelEnd);
      if (typeof end === 'number') return end;
      const files: OpenFile[] = [];
      for (const descriptor of descriptors) {
        const file = process.file(descriptor);
        if (file === undefined) return -errnos.EBADF;
        files.push(file);
      }
      const sent = end.send(bytes.slice(0, length), files);
      if (sent < 0) return sent;
      for (const file of files) file.sentTo = end.peerPid;
      for (const file of files)
        if (file instanceof TcpConnection)
          machine.tell(process, `tells its twin of the connection of ${file.client.address.port}`);
      return sent;
    },

    receiveMessage(fd: number, bytes: Uint8Array, descriptors: Int32Array): number {
      const end = process.as(fd, ChannelEnd);
      if (typeof end === 'number') return end;
      descriptors[0] = 0;
      const message = end.receive();
      if (typeof message === 'number') return message;
      const fds: number[] = [];
      for (const file of message.files) {
        const opened = descriptorOf(process, file);
        file.letGo(); // the message had it
        if (opened !== undefined) fds.push(opened);
      }
      const isWhole = fds.length === message.files.length && message.bytes.length <= bytes.length;
      if (!isWhole || fds.length >= descriptors.length) {
        for (const one of fds) process.close(one);
        return -errnos.EMSGSIZE;
      }
      bytes.set(message.bytes);
      descriptors[0] = fds.length;
      descriptors.set(fds, 1);
      return message.bytes.length;
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Undefined where there is none left. */
function descriptorOf(process: Process, file: OpenFile): number | undefined {
  try {
    return process.open(file, 'recvmsg');
  } catch {
    return undefined;
  }
}

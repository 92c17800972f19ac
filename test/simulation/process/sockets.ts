// sockets — the calls of node-reuseport that make, describe and change sockets.

import { ADDRESS_BYTES, type Address, loadAddress, storeAddress } from '../kernel/address.ts';
import { ChannelListener } from '../kernel/channel.ts';
import { errnos, KernelError } from '../kernel/errno.ts';
import { type OpenFile, QuietFile } from '../kernel/open-file.ts';
import { TcpConnection, TcpListener } from '../kernel/tcp.ts';
import { UdpSocket } from '../kernel/udp.ts';
import type { Process } from './process.ts';

interface BindOptions extends Address {
  readonly reusePort?: boolean;
  readonly receiveBuffer?: number;
  readonly sendBuffer?: number;
}

/** Of a socket that is asked for nothing else, as the kernel accounts them. */
const BUFFER = 212_992;
/** Where the kernel finds a port that is free. */
const FIRST_PORT = 32_768;
const PORTS = 28_000;
/** From which a process asks servers. */
const OWN_ADDRESS = '10.0.0.1';
const PORT_OF_A_LEAVER = 1;

export function socketCalls(process: Process) {
  const { machine } = process;
  const buffers = ({ receiveBuffer, sendBuffer }: BindOptions) => [
    receiveBuffer === undefined ? BUFFER : 2 * receiveBuffer,
    sendBuffer === undefined ? BUFFER : 2 * sendBuffer,
  ];

  function freePort(address: string): number {
    for (;;) {
      const port = FIRST_PORT + machine.chance.below(PORTS);
      if (machine.udp.isFree({ address, port })) return port;
    }
  }

  function socket<Kind extends OpenFile>(
    fd: number,
    kind: abstract new (...args: never[]) => Kind,
    syscall: string,
  ): Kind {
    const file = process.as(fd, kind);
    if (typeof file !== 'number') return file;
    throw new KernelError(file === -errnos.EBADF ? 'EBADF' : 'ENOTSOCK', syscall);
  }

  function describe(fd: number) {
    const file = process.file(fd);
    if (file === undefined) throw new KernelError('EBADF', 'getsockname');
    const isUdp = file instanceof UdpSocket;
    if (!isUdp && !(file instanceof TcpListener) && !(file instanceof TcpConnection))
      throw new KernelError('ENOTSOCK', 'getsockname');
    return {
      type: isUdp ? 'udp' : 'tcp',
      family: 4,
      ...file.local,
      receiveBuffer: isUdp ? file.receiveBuffer : BUFFER,
      sendBuffer: isUdp ? file.sendBuffer : BUFFER,
      reusePort: isUdp ? file.reusePort : true,
      listening: file instanceof TcpListener,
    };
  }

  return {
    bindUdp(options: BindOptions): number {
      const { address, reusePort = true } = options;
      const port = options.port === 0 ? freePort(address) : options.port;
      const made = new UdpSocket(
        machine.nextInode(),
        machine.udp,
        { address, port },
        reusePort,
        buffers(options),
      );
      const fd = process.open(made, 'socket');
      try {
        machine.udp.bind(made);
      } catch (error) {
        process.close(fd);
        throw error;
      }
      return fd;
    },

    listenTcp({ address, port }: BindOptions): number {
      const made = new TcpListener(machine.nextInode(), machine.tcp, { address, port });
      const fd = process.open(made, 'socket');
      machine.tcp.bind(made);
      return fd;
    },

    connectUdp({ address, port, ...options }: BindOptions): number {
      const local = { address: OWN_ADDRESS, port: freePort(OWN_ADDRESS) };
      const made = new UdpSocket(
        machine.nextInode(),
        machine.udp,
        local,
        false,
        buffers({ address, port, ...options }),
      );
      made.peer = { address, port };
      const fd = process.open(made, 'socket');
      machine.udp.bind(made);
      return fd;
    },

    connectTcp(): number {
      throw new KernelError('ENETUNREACH', 'connect');
    },

    describe,

    adopt: describe,

    close(fd: number): void {
      const file = process.file(fd);
      if (file instanceof TcpConnection)
        machine.tell(process, `closes its descriptor of the connection of ${file.client.address.port}`);
      process.close(fd);
    },

    leaveGroup(fd: number): number {
      const file = process.as(fd, UdpSocket);
      if (typeof file === 'number') return file;
      file.peer = { address: file.local.address, port: PORT_OF_A_LEAVER };
      machine.director.retired(process, file);
      return 0;
    },

    setReceiveBuffer(fd: number, bytes: number): number {
      const file = process.as(fd, UdpSocket);
      if (typeof file === 'number') return file;
      file.receiveBuffer = Math.max(file.receiveBuffer, 2 * bytes);
      return file.receiveBuffer;
    },

    queueDrops: () => 0,

    bufferedMemory(fd: number): number {
      const file = process.as(fd, TcpConnection);
      return typeof file === 'number' ? file : file.unread;
    },

    setDelayedAck: (fd: number) => (process.file(fd) === undefined ? -errnos.EBADF : 0),

    peerOf(fd: number, peer: Uint8Array): number {
      const file = process.file(fd);
      if (file === undefined) return -errnos.EBADF;
      const address =
        file instanceof UdpSocket
          ? file.peer
          : file instanceof TcpConnection && !file.isOver
            ? file.client.address
            : undefined;
      if (address === undefined) return -errnos.ENOTCONN;
      storeAddress(peer, 0, address);
      return 0;
    },

    formatAddress(bytes: Uint8Array, offset: number) {
      const address = loadAddress(bytes, offset);
      if (address === undefined) throw new TypeError('bytes: expected an IPv4 or IPv6 sockaddr');
      return { ...address, family: 4 };
    },

    pendingError(fd: number): number {
      const file = process.file(fd);
      return file instanceof TcpConnection ? file.pendingError() : 0;
    },

    queueHead(fd: number): number {
      const file = process.file(fd);
      if (file instanceof UdpSocket) return headOf(file);
      if (file instanceof TcpListener || file instanceof ChannelListener)
        return file.waiting.length > 0 ? 1 : 0;
      return file === undefined ? -errnos.EBADF : -errnos.ENOTSOCK;
    },

    openNetlink: () => process.open(new QuietFile(machine.nextInode(), 'netlink'), 'socket'),
    netlinkProtocol: (fd: number) =>
      socket(fd, QuietFile, 'getsockopt').kind === 'netlink' ? 0 : -errnos.ENOTSOCK,
    openTun(): number {
      throw new KernelError('EPERM', 'open');
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Tells the first datagram from others; never 0. */
function headOf({ queue }: UdpSocket): number {
  const [head] = queue;
  if (head === undefined) return 0;
  const from = new Uint8Array(ADDRESS_BYTES);
  storeAddress(from, 0, head.from);
  let hash = 0x811c9dc5;
  for (const byte of [...from, ...head.bytes.subarray(0, 64)]) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 1) | 1;
}

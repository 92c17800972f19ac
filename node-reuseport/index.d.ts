// node-reuseport — SO_REUSEPORT sockets, datagrams in batches, and plain descriptors for Node.js on Linux.
//
// Descriptors are numbers, as in node:fs: the caller that opened or adopted one closes it, once. Functions on the control
// path throw an Error with `code`, `errno` and `syscall` as Node's own do; those on the data path return numbers,
// negative ones being -errno.

export * from './arena.js';

/** Where and how to bind. */
export interface BindOptions {
  /** IPv4 or IPv6 address (an IPv6 scope as `%eth0`), no host name. */
  address: string;
  /** 0 takes a port that no socket has, not even one that shares it; see {@link describe}. */
  port: number;
  /** SO_REUSEPORT: other sockets of the same effective user may bind the same address and port. Default true. */
  reusePort?: boolean;
  /** IP_FREEBIND: the address need not exist yet. Default false. */
  freeBind?: boolean;
  /** IPv6 sockets leave IPv4 alone. Default true. */
  ipv6Only?: boolean;
  /** SO_RCVBUF in bytes, past the system's limit when CAP_NET_ADMIN allows; what was granted: {@link describe}. */
  receiveBuffer?: number;
  /** SO_SNDBUF in bytes, likewise. */
  sendBuffer?: number;
  /** Length of a TCP listener's accept queue. Default 511. */
  backlog?: number;
}

/** What to connect to; buffers as in {@link BindOptions}. */
export interface ConnectOptions {
  address: string;
  port: number;
  receiveBuffer?: number;
  sendBuffer?: number;
  /** Of TCP: milliseconds without an acknowledgement after which the connection ends with ETIMEDOUT. The kernel's way if 0. */
  acknowledgedWithin?: number;
}

/** What the kernel says about a socket. */
export interface SocketDescription {
  type: 'udp' | 'tcp';
  family: 4 | 6;
  address: string;
  port: number;
  /** Bytes as the kernel accounts them: twice what was asked, when it was granted. */
  receiveBuffer: number;
  sendBuffer: number;
  reusePort: boolean;
  listening: boolean;
}

/** A bound, non-blocking UDP socket. */
export function bindUdp(options: BindOptions): number;
/** A listening, non-blocking TCP socket. */
export function listenTcp(options: BindOptions): number;
/** A UDP socket on a port the kernel chose at random, connected: only datagrams of that peer reach it. */
export function connectUdp(options: ConnectOptions): number;
/** A TCP socket whose connection is under way: writable when it stands or failed; ask {@link pendingError}. */
export function connectTcp(options: ConnectOptions): number;
export function describe(fd: number): SocketDescription;
/**
 * Makes a socket from elsewhere close-on-exec, and non-blocking, which every duplicate of it becomes, in every process.
 * @throws EXDEV for a socket of another network namespace, where the kernel tells (Linux 5.14)
 */
export function adopt(fd: number): SocketDescription;
/** What a socket has yet to send is not waited for, whatever another process that holds it may have set (SO_LINGER). */
export function close(fd: number): void;
/**
 * Takes a UDP socket bound to one address out of its reuseport group for good: nothing more reaches it, what it has queued
 * can still be read and answered. 0 or -errno; -EINVAL for a wildcard address.
 */
export function leaveGroup(fd: number): number;
/**
 * Enlarges the receive buffer of a socket past net.core.rmem_max, in all processes that hold it; a larger one stays as it
 * is. Bytes as the kernel accounts them, twice what was asked; or -errno, -EPERM without CAP_NET_ADMIN.
 */
export function setReceiveBuffer(fd: number, bytes: number): number;
/**
 * Lets at least that many bytes wait to be sent; without CAP_NET_ADMIN net.core.wmem_max is the limit. What the kernel then
 * allows, which is twice that, or -errno.
 */
export function setSendBuffer(fd: number, bytes: number): number;
/** Datagrams the kernel has dropped because the queue of a UDP socket was full, whichever process read it; -errno. */
export function queueDrops(fd: number): number;
/**
 * Bytes of memory that a socket holds for what waits in it, both ways, and keeps ready for more; a few bytes may hold a lot.
 * -errno, -ENOPROTOOPT (-92) before Linux 4.12.
 */
export function bufferedMemory(fd: number): number;

/**
 * Bytes read into `buffer`; 0 at the end of a stream or for an empty datagram; -errno. Here and in {@link write} what is no
 * socket has to be non-blocking, as the descriptors of {@link openTun} are.
 */
export function read(fd: number, buffer: Uint8Array, offset: number, length: number): number;
/**
 * As {@link read}, but the bytes stay in the kernel: the next read of the socket gets them, too. Ends before urgent data of
 * the peer (MSG_OOB), however much is behind it, until what is before it was read or discarded.
 */
export function peek(fd: number, buffer: Uint8Array, offset: number, length: number): number;
/** Takes up to `length` bytes out of a TCP stream without copying them; how many, or -errno. For TCP only. */
export function discard(fd: number, length: number): number;
/**
 * A stream's descriptor counts as readable only with that many bytes waiting, or at its end (SO_RCVLOWAT); 0 or -errno.
 * Until then bytes that are no whole message may stay where they are.
 */
export function wakeAt(fd: number, bytes: number): number;
/**
 * Whether urgent data (MSG_OOB) waits in a stream. It hides what is behind it; but where there is none, being told with fewer
 * bytes than {@link wakeAt} asked for means that the kernel is short of memory or of receive window: take what there is.
 */
export function isUrgent(fd: number): boolean;
/**
 * Longest time an acknowledgement is kept back, 1 to 1000 ms, also on connections a listening socket accepts from then on: what
 * is only looked at waits for it, 40 ms and more. 0 or -errno: -ENOPROTOOPT (-92) before Linux 6.15, -EINVAL for too little.
 */
export function setDelayedAck(fd: number, ms: number): number;
/**
 * Bytes ever given to the kernel to send on an accepted connection, by any process that held it; -errno, -ENOTCONN (-107)
 * once both sides have ended it. A connection that {@link connectTcp} made counts a byte more.
 */
export function written(fd: number): number;
/** Stores the sockaddr of a connection's other end in `peer` (28 bytes); 0 or -errno. */
export function peerOf(fd: number, peer: Uint8Array): number;
/** Bytes the kernel took; -errno. A peer that is gone gives -EPIPE, never a signal. */
export function write(fd: number, buffer: Uint8Array, offset: number, length: number): number;
/**
 * A connection's descriptor, non-blocking, TCP_NODELAY, its peer stored in `peer` (28 bytes); -errno. Does not wait for one,
 * even if another process that holds the listener takes O_NONBLOCK off it. With a `channel` (a
 * unix socket) a duplicate goes there with `message` before anything else: the time in which a killed process takes the
 * connection with it is that between two system calls. {@link UNTOLD} is set when the channel did not take it. The message
 * has at least 1 byte.
 */
export function accept(fd: number, peer: Uint8Array): number;
export function accept(fd: number, peer: Uint8Array, channel: number, message: Uint8Array): number;
/** Ends reading (0), writing (1) or both (2) for every holder of the connection; 0 or -errno. */
export function shutdown(fd: number, how: 0 | 1 | 2): number;
/**
 * Ends a connection for every holder at once; 0 or -errno. What its peer has not got is thrown away, and the peer is told (RST):
 * after {@link shutdown} the kernel would keep it, for minutes if the peer does not read.
 */
export function reset(fd: number): number;
/** The error waiting on a socket, which asking clears: 0 or -errno. */
export function pendingError(fd: number): number;
/** Reads a stored sockaddr (of {@link accept} or a cell). */
export function formatAddress(
  bytes: Uint8Array,
  offset: number,
): { address: string; port: number; family: 4 | 6 };
/** CLOCK_MONOTONIC in milliseconds, the same in every process of the machine. */
export function monotonicMs(): number;
/** How many descriptors this process may have open (RLIMIT_NOFILE); Infinity when there is no limit. */
export function descriptorLimit(): number;

/**
 * A SOCK_SEQPACKET listener on an abstract unix name of the network namespace, or at a path when it begins with a slash; the file
 * is the caller's to remove. @throws EADDRINUSE when it is taken
 */
export function listenChannel(name: string): number;
/** A connection to such a name. @throws ECONNREFUSED when no process listens */
export function connectChannel(name: string): number;
/** Effective uid of the process at the other end. @throws ENOTCONN when there is none */
export function peerUser(fd: number): number;
/** Id of that process as seen from here; 0 when it lives in another PID namespace. */
export function peerProcess(fd: number): number;
/** Sends one message, at least 1 byte, with duplicates of the descriptors (at most 253); its length or -errno. */
export function sendMessage(fd: number, bytes: Uint8Array, length: number, descriptors: Int32Array): number;
/**
 * Receives one message: its length, 0 at the end, or -errno. descriptors[0] is how many descriptors came; they follow
 * and are the caller's. When something does not fit, all of them are closed and -EMSGSIZE (-90) returned.
 */
export function receiveMessage(fd: number, bytes: Uint8Array, descriptors: Int32Array): number;
/**
 * One datagram to a unix socket of another program, such as systemd's of $NOTIFY_SOCKET, which is told our process, user and group by
 * the kernel. Never waits. The length, or -errno: -ECONNREFUSED (-111) where no process has it, -EAGAIN (-11) while its queue is full.
 * @param name as of {@link connectChannel}: a path, or an abstract name without its @
 */
export function sendDatagram(name: string, bytes: Uint8Array, length: number): number;
/**
 * Tells the oldest waiting datagram from others without taking it: 0 when none waits, -errno; for a listener 1 when a
 * connection waits.
 */
export function queueHead(fd: number): number;
/** Zeroed memory that never moves; from 16 MiB on in huge pages if the system has them. @param size bytes below 2 GiB */
export function allocate(size: number): Uint8Array;
/** Maps the memory of an arena made elsewhere; what is written here stays here. @throws EPERM unless sealed against shrinking */
export function mapMemory(fd: number): Uint8Array;

/**
 * A netlink socket, to {@link write} requests to the kernel and {@link read} its answers: a message at a time, those to a
 * request are there when write returns. Rules and devices that belong to the socket stay while any process holds a duplicate.
 * @param protocol NETLINK_ROUTE is 0, NETLINK_NETFILTER 12
 * @param groups whose news are read, too: 1 << (group - 1) of each, 0 for none
 */
export function openNetlink(protocol: number, groups: number): number;
/** Which one a netlink socket from elsewhere speaks; -errno of what is none, -EAFNOSUPPORT (-97) of another socket. */
export function netlinkProtocol(fd: number): number;
/**
 * Makes a TUN interface, which goes with the last descriptor of it; {@link read} and {@link write} take a packet each.
 * @param name 1 to 15 visible ASCII characters, none of them `/`, `:` or `%`
 * @throws EPERM without CAP_NET_ADMIN, EBUSY when a process holds one of that name, EINVAL when it is another interface's
 */
export function openTun(name: string): number;

/**
 * Gives up all capabilities but those in the mask (1 << number), for good, in all threads and what they start, as far as there
 * are any to give up. How many threads keep what they had, since they take no signals: one of Node.js does; -errno.
 */
export function keepCapabilities(mask: number): number;
/** No crash leaves a core file from now on, unless the soft limit (RLIMIT_CORE) is raised again from outside. 0 or -errno. */
export function leaveNoCore(): number;

/**
 * Locks a file (flock(2)) for as long as this opening of it lasts: until its last descriptor is closed, by the death of the process
 * at the latest. 0, or -errno: -EAGAIN (-11) while another opening has the lock. Never waits.
 */
export function lockFile(fd: number): number;

/**
 * Calls on descriptors that other processes hold, too, and may take for their own at any moment: a process says so by storing
 * our number in memory of its own. The calls are made only while none has. They are as the functions of those names, and
 * return -ESTALE (-116) when they were not made.
 */
export class Fence {
  /** @param fd of the arena that has our number, not 0  @param word of its header, from HEAD_USER on, which has it */
  constructor(fd: number, word: number);
  /**
   * Whether looking and calling is one step: a process that is stopped in between, or only preempted, looks again when it goes
   * on. That takes restartable sequences, as glibc has them from 2.35 on, and x86-64 or aarch64.
   */
  readonly isExact: boolean;
  /**
   * From now on that word of that arena is looked at, too, in place of what was there before; of none, if `fd` is negative.
   * @param place 0 to {@link FENCE_PLACES} - 1
   */
  watch(place: number, fd: number, word: number): void;
  write(fd: number, buffer: Uint8Array, offset: number, length: number): number;
  discard(fd: number, length: number): number;
  wakeAt(fd: number, bytes: number): number;
  shutdown(fd: number, how: 0 | 1 | 2): number;
  reset(fd: number): number;
}

/** Watches descriptors from the event loop; many ready ones are reported in one call. Keeps the process alive. */
export class Poller {
  /** @param onReady is told how many pairs (tag, flags) of {@link events} are valid during the call. */
  constructor(onReady: (count: number) => void);
  readonly events: Int32Array;
  /** Level-triggered unless flags say otherwise. @throws EEXIST when already watched */
  add(fd: number, flags: number, tag: number): void;
  /**
   * As `add` with READABLE, cheaper for the few that are ready in almost every turn, dearer for many. No `modify`. An
   * error on the descriptor is told as READABLE and ERROR. Holds a duplicate until `remove`. @throws EEXIST when already so
   */
  addBusy(fd: number, tag: number): void;
  modify(fd: number, flags: number, tag: number): void;
  /** Call it before closing: a duplicate held elsewhere would keep a closed descriptor in the set. */
  remove(fd: number): void;
  close(): void;
}

export const ADDRESS_BYTES: 28;
/** Set in what {@link accept} returns when the channel did not take the connection. */
export const UNTOLD: 0x40000000;
/** How many words of others a {@link Fence} looks at. */
export const FENCE_PLACES: 6;
export const READABLE: 1;
export const WRITABLE: 4;
export const ERROR: 8;
export const HANGUP: 16;
export const READ_HANGUP: 0x2000;
/** Of a descriptor in a {@link Poller}: it is told of once, and then not until it is modified. */
export const ONESHOT: 0x40000000;
export const EAGAIN: 11;
export const EPIPE: 32;
export const EMSGSIZE: 90;
export const EMFILE: 24;
export const ENFILE: 23;
export const ECONNRESET: 104;
export const ECONNREFUSED: 111;
export const ESTALE: 116;

// sockets — a slot's own sockets: one for UDP and one for TCP at each endpoint, made here or handed over.

import {
  ADDRESS_BYTES,
  adopt,
  bindUdp,
  close,
  describe,
  listenTcp,
  peerOf,
  setDelayedAck,
  setReceiveBuffer,
} from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import { errnoOf } from '../errors.ts';
import { isAmong } from '../options/endpoint.ts';

/** Bytes asked of the kernel: some 10,000 queries may queue while we are busy; what was granted is in the status. */
const RECEIVE_BUFFER = 8 << 20;
const SEND_BUFFER = 4 << 20;
/** Connections that may wait to be accepted. */
const BACKLOG = 4096;
/**
 * Milliseconds: queries stay in the kernel until they are answered, so the parts of one are acknowledged by its timer alone,
 * and clients that send length and message apart may have to wait for that.
 */
const DELAYED_ACK = 8;
/** Bytes a client may have sent before we take any, as the kernel grants at first: it shall not grow, there are many clients. */
const UNREAD = 64 << 10;
/** Ports that are tried, where any will do. */
const CHOICES = 30;

/** Descriptors of one endpoint, to which both are bound; their holder closes them. */
export interface ListenSockets extends Endpoint {
  readonly udp: number;
  readonly tcp: number;
}

/**
 * Binds fresh sockets; the addresses need not exist yet (IP_FREEBIND).
 * @throws what the kernel says when one cannot be bound; none is left open then
 */
export function openSockets(endpoints: readonly Endpoint[]): ListenSockets[] {
  const opened: ListenSockets[] = [];
  try {
    for (const { address, port } of endpoints) opened.push(openPair(address, port));
    return opened;
  } catch (error) {
    closeSockets(opened);
    throw error;
  }
}

/**
 * Those that are given, and fresh ones for the endpoints they leave out.
 * @throws likewise; those that are given are closed then, too
 */
export function completeSockets(
  given: readonly ListenSockets[],
  endpoints: readonly Endpoint[],
): ListenSockets[] {
  const missing = endpoints.filter((endpoint) => !isAmong(endpoint, given));
  try {
    return [...given, ...openSockets(missing)];
  } catch (error) {
    closeSockets(given);
    throw error;
  }
}

/**
 * Takes over descriptors bound elsewhere.
 * @throws when they are not a UDP socket and a TCP listener on one address and port
 */
export function adoptSockets(udp: number, tcp: number): ListenSockets {
  const datagrams = adopt(udp);
  const connections = adopt(tcp);
  const isPair = datagrams.type === 'udp' && connections.type === 'tcp' && connections.listening;
  if (!isPair || !datagrams.reusePort || !connections.reusePort) {
    throw new TypeError(
      `descriptors ${udp} and ${tcp}: expected a UDP socket and a TCP listener that share their port`,
    );
  }
  if (datagrams.address !== connections.address || datagrams.port !== connections.port) {
    throw new TypeError(`descriptors ${udp} and ${tcp} are bound to different addresses`);
  }
  setDelayedAck(tcp, DELAYED_ACK);
  return { address: datagrams.address, port: datagrams.port, udp, tcp };
}

/**
 * Takes over descriptors bound elsewhere, UDP and TCP in turn. Those that their process has given up since it told of them are
 * closed.
 * @throws when they are not one pair for each of these endpoints: no socket is read that was not told of; or no query comes to
 * any of them
 */
export function adoptAll(fds: readonly number[], endpoints: readonly Endpoint[]): ListenSockets[] {
  if (fds.length !== 2 * endpoints.length)
    throw new TypeError(`${fds.length} sockets for ${endpoints.length} addresses`);
  const adopted = endpoints.map((_, i) => adoptSockets(fds[2 * i]!, fds[2 * i + 1]!));
  const placeOf = ({ address, port }: Endpoint) => `${address} port ${port}`;
  const bound = new Set(adopted.map(placeOf));
  const missing = endpoints.map(placeOf).find((place) => !bound.has(place));
  if (missing === undefined && bound.size < endpoints.length)
    throw new TypeError(`sockets of ${[...bound].join(', ')}, some of them twice`);
  if (missing !== undefined)
    throw new TypeError(`no sockets of ${missing} among those of ${[...bound].join(', ')}`);
  const kept = adopted.filter((one) => !areRetired([one]));
  if (kept.length === 0) throw new TypeError(`descriptor ${fds[0]}: the socket has left its group`);
  closeSockets(adopted.filter((one) => !kept.includes(one)));
  return kept;
}

/** Retired sockets are connected (see leaveGroup), and cannot be brought back: no query comes to them any more. */
export function areRetired(sockets: readonly ListenSockets[]): boolean {
  return sockets.some(({ udp }) => peerOf(udp, new Uint8Array(ADDRESS_BYTES)) >= 0);
}

/** Of sockets another process has made: it may lack the right to large buffers, and we may have it. */
export function enlargeBuffers(sockets: readonly ListenSockets[]): void {
  for (const { udp } of sockets) setReceiveBuffer(udp, RECEIVE_BUFFER);
}

export function closeSockets(sockets: readonly ListenSockets[]): void {
  for (const { udp, tcp } of sockets) {
    close(udp);
    close(tcp);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of a port the kernel chooses for UDP, TCP may have been using it: another one then. */
function openPair(address: string, port: number): ListenSockets {
  for (let left = port === 0 ? CHOICES : 1; ; ) {
    try {
      return bindPair(address, port);
    } catch (error) {
      if (--left === 0 || errnoOf(error) !== 'EADDRINUSE') throw error;
    }
  }
}

function bindPair(address: string, port: number): ListenSockets {
  const receiveBuffer = RECEIVE_BUFFER;
  const udp = bindUdp({ address, port, freeBind: true, receiveBuffer, sendBuffer: SEND_BUFFER });
  try {
    const bound = describe(udp);
    const tcp = listenTcp({
      address,
      port: bound.port,
      freeBind: true,
      receiveBuffer: UNREAD,
      backlog: BACKLOG,
    });
    setDelayedAck(tcp, DELAYED_ACK);
    return { address: bound.address, port: bound.port, udp, tcp };
  } catch (error) {
    close(udp);
    throw error;
  }
}

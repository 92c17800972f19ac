// connection-peer — who is at the other end of a connection, and where it asked: the kernel tells, when a zone wants to know.

import { ADDRESS_BYTES, describe, formatAddress, peerOf } from 'node-reuseport';
import type { Peer } from '../zone/question.ts';

const sockaddr = new Uint8Array(ADDRESS_BYTES);

/** Of a connection that has ended meanwhile: an address that is in no network. */
const GONE = { address: '', port: 0 };

export function peerOfConnection(fd: number): Peer {
  const client = peerOf(fd, sockaddr) < 0 ? GONE : plain(formatAddress(sockaddr, 0));
  const { address, port } = describe(fd);
  return { ...client, server: plain({ address, port }), transport: 'tcp' };
}

/** Without the zone of a link-local address. */
export function plain({ address, port }: { readonly address: string; readonly port: number }) {
  return { address: address.replace(/%.*/s, ''), port };
}

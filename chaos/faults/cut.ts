// cut — ends the channel between twins while both live: the only connected seqpacket sockets they have.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { shutdown } from 'node-reuseport';
import { onCommand } from './on-command.ts';

const SEQPACKET = '0005';
const CONNECTED = '03';
const BOTH_WAYS = 2;

onCommand('cut', () => {
  const inodes = new Set(
    readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[4] === SEQPACKET && fields[5] === CONNECTED)
      .map((fields) => fields[6]),
  );
  for (const fd of readdirSync('/proc/self/fd')) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(fd))?.[1];
    if (inode !== undefined && inodes.has(inode)) shutdown(Number(fd), BOTH_WAYS);
  }
});

/** The folder's own descriptor is gone by the time it is looked at. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

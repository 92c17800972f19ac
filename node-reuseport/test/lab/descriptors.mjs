// descriptors — what a test opens is closed after it, and waiting for one to become ready.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach } from 'node:test';
import { accept, close, Poller, READABLE } from 'node-reuseport';

const open = new Set();

/** Closes it after the test, unless the test does. */
export function keep(fd) {
  open.add(fd);
  return fd;
}

export function closeNow(fd) {
  open.delete(fd);
  close(fd);
}

afterEach(() => {
  for (const fd of open) close(fd);
  open.clear();
});

/** Resolves with what the descriptor is ready for. */
export function ready(fd, flags = READABLE) {
  return new Promise((resolve) => {
    const poller = new Poller(() => {
      resolve(poller.events[1]);
      poller.close();
    });
    poller.add(fd, flags, 0);
  });
}

/** Accepts the next connection of a listener. */
export async function acceptNext(listener, peer = new Uint8Array(28)) {
  await ready(listener);
  return keep(accept(listener, peer));
}

/** Flags of an open file as the kernel tells them: what describe() does not say. */
export function openFlags(fd) {
  return Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))[1], 8);
}

/** How many descriptors of this process are of a kind: socket, eventpoll, memfd. */
export function countOpen(kind) {
  return readdirSync('/proc/self/fd').filter((fd) => target(fd).includes(kind)).length;
}

function target(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // that of the listing itself
  }
}

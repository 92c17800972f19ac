// squatter — a process of another user that wants the places where twins meet: it takes each name that is free for a moment, puts
// sockets of its own where it can, and calls as a twin.

import { close, listenChannel } from 'node-reuseport';
import { lastFor, planOf } from './attacker.ts';
import { channelsOf, TwinChannel } from './twin-channel.ts';

const STRANGER = 65_534;
/** Milliseconds between its attempts. */
const AGAIN = 1;

const { ms } = planOf();
const names = channelsOf();
process.setgid!(STRANGER);
process.setuid!(STRANGER);
const taken = new Set<string>();
let tries = 0;
let answered = 0;

setInterval(() => {
  for (const name of names) {
    if (taken.has(name)) continue;
    tries++;
    try {
      listenChannel(name.replace(/^@/, ''));
      taken.add(name);
    } catch {
      // It is another's still.
    }
  }
}, AGAIN);

async function callAsTwin(): Promise<void> {
  for (const name of names) {
    if (taken.has(name)) continue;
    const channel = TwinChannel.dial(name, '0');
    channel?.say('join');
    const heard = await channel?.welcome();
    if (heard !== undefined) answered++;
    for (const fd of heard?.fds ?? []) close(fd);
    channel?.close();
  }
  setTimeout(callAsTwin, 100);
}

lastFor(ms, () => ({
  'names found': names.length,
  'attempts to take one': tries,
  'names taken': taken.size,
  'calls answered': answered,
}));
await callAsTwin();

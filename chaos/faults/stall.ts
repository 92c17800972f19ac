// stall — no fault: tells the suite the longest time for which the event loop stood, by its own doing.
//
// What it waited for a processor that others had is taken off: on a machine that is busy that would be most of it.

import { openSync, readSync } from 'node:fs';
import { onCommand } from './on-command.ts';

const BEAT = 4;
const schedstat = openSync('/proc/self/schedstat', 'r');
const text = Buffer.alloc(100);
let longest = 0;
let last = performance.now();
let lastWaited = waited();

function beat(): void {
  const now = performance.now();
  const allWaited = waited();
  longest = Math.max(longest, now - last - (allWaited - lastWaited) - BEAT);
  last = now;
  lastWaited = allWaited;
}

/** Milliseconds for which the main thread was ready to run and did not. */
function waited(): number {
  const length = readSync(schedstat, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

setInterval(beat, BEAT).unref();
onCommand('stall', () => {
  beat();
  process.send?.({ stall: longest });
  longest = 0;
});

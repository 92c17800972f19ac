// grow — takes memory until the kernel has had enough, a step a turn of the event loop.

import { onCommand } from './on-command.ts';

const STEP = 4 << 20;
const kept: Buffer[] = [];

onCommand('grow', function grow() {
  kept.push(Buffer.alloc(STEP, 1)); // written to, or the kernel would not count it
  setImmediate(grow);
});

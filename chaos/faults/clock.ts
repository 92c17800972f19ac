// clock — steps the wall clock, as a first contact with a time server does; only in this process.

import { onCommand } from './on-command.ts';

const { now } = Date;
let offset = 0;
Date.now = () => now() + offset;

onCommand('clock', (ms) => {
  offset += ms;
});

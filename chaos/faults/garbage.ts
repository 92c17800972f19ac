// garbage — makes the collector work without a pause: much that lives for a moment, and full collections in between.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { onCommand } from './on-command.ts';

/** Objects a turn, and the turns for which they live. */
const OBJECTS = 50_000;
const TURNS = 8;

onCommand('garbage', (ms) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const end = performance.now() + ms;
  const alive: object[][] = [];
  const turn = () => {
    alive.push(Array.from({ length: OBJECTS }, (_, i) => ({ i, text: `garbage ${i}` })));
    if (alive.length > TURNS) alive.shift();
    collect();
    if (performance.now() < end) setImmediate(turn);
  };
  turn();
});

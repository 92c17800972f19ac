// attacker — the inner side of an attack: reads the plan, ends with the suite, and tells its counts when its time is over.

import type { AttackPlan, Counts } from './attack.ts';

export function planOf<Further>(): AttackPlan & Further {
  return JSON.parse(process.argv[2]!) as AttackPlan & Further;
}

/** Tells that the attack is under way; ends when the suite does. */
export function begin(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {}); // a terminal's Ctrl-C is for the suite
  process.send!('begun');
}

export function end(counts: Counts): void {
  process.send!(counts, () => process.exit(0));
}

/** Tells the counts after the time of the plan, and ends. */
export function lastFor(ms: number, counts: () => Counts): void {
  begin();
  setTimeout(() => end(counts()), ms);
}

/** Calls with how many are due by now, of so many a second. */
export function atRate(rate: number, act: (due: number) => void): void {
  const began = performance.now();
  let done = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * rate) - done;
    // What a stall of this process has made late is left out: a burst of it would be another attack.
    done += due;
    if (due > 0) act(Math.min(due, Math.ceil(rate / 50)));
  }, TICK);
}

const TICK = 2;

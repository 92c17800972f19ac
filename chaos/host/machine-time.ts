// machine-time — the machine's time, and what became of it: where none is left over, or much went to other machines, queries
// wait for a processor.

import { readFileSync } from 'node:fs';

/** Shares of all processors' time, 0 to 1. */
export interface TimeShares {
  readonly idle: number;
  /** A hypervisor let other machines run. */
  readonly stolen: number;
}

export class MachineTime {
  readonly #read: () => string;
  readonly #before: Times;

  constructor(read = () => readFileSync('/proc/stat', 'utf8')) {
    this.#read = read;
    this.#before = timesOf(read());
  }

  /** Since this object was made. */
  shares(): TimeShares {
    const now = timesOf(this.#read());
    const all = Math.max(1, now.all - this.#before.all);
    return { idle: (now.idle - this.#before.idle) / all, stolen: (now.stolen - this.#before.stolen) / all };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Times extends TimeShares {
  readonly all: number;
}

/** `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are counted as users already. */
function timesOf(text: string): Times {
  const [line = ''] = text.split('\n');
  const numbers = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return {
    idle: numbers[3]! + numbers[4]!,
    stolen: numbers[7] ?? 0,
    all: numbers.reduce((sum, number) => sum + number, 0),
  };
}

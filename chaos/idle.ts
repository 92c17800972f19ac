// idle — how much of the machine was left over: where it was nothing, delays are those of a queue for a processor.

import { readFileSync } from 'node:fs';

export class Idle {
  readonly #read: () => string;
  readonly #before: Times;

  constructor(read = () => readFileSync('/proc/stat', 'utf8')) {
    this.#read = read;
    this.#before = timesOf(read());
  }

  /** The idle part of all processors' time so far, 0 to 1. */
  share(): number {
    const now = timesOf(this.#read());
    return (now.idle - this.#before.idle) / Math.max(1, now.all - this.#before.all);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Times {
  readonly idle: number;
  readonly all: number;
}

/** `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are counted as users already. */
function timesOf(text: string): Times {
  const [line = ''] = text.split('\n');
  const numbers = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { idle: numbers[3]! + numbers[4]!, all: numbers.reduce((sum, number) => sum + number, 0) };
}

// story — what happened in a schedule, in the order in which it did, for a reader: time, process, what.

export interface Told {
  /** Milliseconds since the schedule began. */
  readonly at: number;
  readonly name: string | undefined;
  readonly what: string;
}

export class Story {
  readonly told: Told[] = [];
  readonly #now: () => number;
  readonly #tells: boolean;

  /** @param tells whether it is kept: most schedules are of no interest */
  constructor(now: () => number, tells: boolean) {
    this.#now = now;
    this.#tells = tells;
  }

  tell(name: string | undefined, what: string): void {
    if (this.#tells) this.told.push({ at: this.#now(), name, what });
  }

  get text(): string {
    return this.told
      .map(({ at, name = '', what }) => `${at.toFixed(3).padStart(10)}  ${name.padEnd(13)} ${what}\n`)
      .join('');
  }
}

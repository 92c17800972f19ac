// story — what happened in a schedule, in the order in which it did, for a reader: time, process, what.

export class Story {
  readonly lines: string[] = [];
  readonly #now: () => number;
  readonly #tells: boolean;

  /** @param tells whether lines are kept: most schedules are of no interest */
  constructor(now: () => number, tells: boolean) {
    this.#now = now;
    this.#tells = tells;
  }

  tell(name: string | undefined, what: string): void {
    if (!this.#tells) return;
    this.lines.push(`${this.#now().toFixed(3).padStart(10)}  ${(name ?? '').padEnd(13)} ${what}`);
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

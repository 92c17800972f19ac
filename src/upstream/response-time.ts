// response-time — how long a server usually takes, and from when on it is worth asking again (RFC 6298).
//
// A server that forwards takes seconds for some names and nothing for others. So that one slow name says little about the next
// question, no answer counts as more than twice of what was expected.

/** Gain of the smoothed time and of its deviation (RFC 6298 section 2.3). */
const GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** Milliseconds, before there was any answer. */
const UNKNOWN = 300;
const SHORTEST = 60;
const LONGEST = 2000;

export class ResponseTime {
  /** What half of the answers take, about; milliseconds. */
  usual = SHORTEST;
  #smoothed: number | undefined;
  #deviation = 0;

  /** An answer took so many milliseconds. */
  took(ms: number): void {
    if (this.#smoothed === undefined) {
      this.usual = Math.min(ms, SHORTEST);
      this.#smoothed = Math.min(ms, 2 * UNKNOWN);
      this.#deviation = this.#smoothed / 2;
      return;
    }
    const counted = Math.min(ms, 2 * this.patience);
    this.#deviation += DEVIATION_GAIN * (Math.abs(counted - this.#smoothed) - this.#deviation);
    this.#smoothed += GAIN * (counted - this.#smoothed);
    // Up in small steps: a tenth of slow names does not become what is usual.
    this.usual +=
      ms > this.usual ? Math.min(GAIN * (ms - this.usual), 1 + this.usual / 16) : GAIN * (ms - this.usual);
  }

  /** Milliseconds after which a datagram counts as lost. */
  get patience(): number {
    if (this.#smoothed === undefined) return UNKNOWN;
    return Math.min(Math.max(this.#smoothed + 4 * this.#deviation, SHORTEST), LONGEST);
  }
}

/** The next of four steps an octave: deadlines of few different durations cost less. */
export function rounded(ms: number): number {
  const step = 2 ** Math.max(0, 29 - Math.clz32(ms));
  return Math.ceil(ms / step) * step;
}

// target — what is fuzzed: code that reads what others have written, and what must be true of it whatever that is.

export interface Target {
  readonly name: string;
  /** For people: what reads, and who writes. */
  readonly sentence: string;
  /** Longest input, bytes. */
  readonly most: number;
  /** Milliseconds of processor time that an input may take; as long as a query may, unless given. */
  readonly slow?: number;
  /** Inputs that a sender means well with, to begin from. */
  seeds(): readonly Buffer[];
  /** Reads the input, which may be changed. @throws when something is not as it must be */
  run(input: Buffer): void;
}

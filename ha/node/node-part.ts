// node-part — the interface, or the rules: what is wanted, what is found, and the plan that leads from one to the other.

import { TwindnsError } from '../../src/errors.ts';
import type { SetupError } from '../../src/status.ts';

/** Lines for people, one for each thing. */
export interface Observation {
  readonly wanted: readonly string[];
  /** Of ours, or of a predecessor. */
  readonly found: readonly string[];
  /** In order: `+ line` for what is to be made, `- line` for what is to be removed; empty when all is well. */
  readonly plan: readonly string[];
}

/** How many lines are not of a table or a chain, which rules are in. */
export function counted(lines: readonly string[]): number {
  return lines.filter((line) => !/^(table|chain) /.test(line)).length;
}

export interface NodePart<O extends Observation = Observation> {
  readonly name: 'interface' | 'rules';
  /** As in an observation, known without one. */
  readonly wanted: readonly string[];
  /** Changes nothing. @throws NodeError when the node cannot be asked */
  observe(): Promise<O>;
  /** Carries out the plan. @throws NodeError; what was done by then stays, and the next observation finds it */
  apply(observation: O): Promise<void>;
  /** Removes what is ours and nothing else; returns a line for each thing. Nothing to remove is no error. */
  remove(): Promise<readonly string[]>;
  /** What is there by our names and was not ours to remove, in a sentence each that says what it is, and why it was left. */
  remaining?(): Promise<readonly string[]>;
  /** What this node cannot have, as far as it was tried, in a sentence each: the part goes on without. */
  readonly warnings?: readonly string[];
  /** The kernel keeps the part for as long as a process holds these; empty when it stays by itself. */
  readonly descriptors: readonly number[];
  /** It is on the node, or some of it is, when no process holds the descriptors any more. */
  readonly stays: boolean;
  /** Closes the descriptors and leaves everything else as it is. */
  release(): void;
}

/** The message is for people: what happened, where, what to do. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly kind: SetupError;
  /** A later attempt may succeed: another program holds a lock, say. */
  readonly passing: boolean;

  constructor(kind: SetupError, message: string, options: ErrorOptions & { passing?: boolean } = {}) {
    super(message, options);
    this.kind = kind;
    this.passing = options.passing ?? false;
  }
}

/** The process ends with it. @throws TwindnsError NODE_REFUSED */
export function refuse(error: unknown): never {
  if (!(error instanceof NodeError)) throw error;
  throw new TwindnsError('NODE_REFUSED', error.message, { cause: error });
}

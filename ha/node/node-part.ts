// node-part — the interface, or the rules: what is wanted, what is found and the change between them are three things.

import type { SetupError } from '../../src/status.ts';

/** All of them lines for people, one a thing. */
export interface Look {
  readonly wanted: readonly string[];
  /** Of what is ours or a predecessor's. */
  readonly found: readonly string[];
  /** `+ what` is to be made, `- what` to be removed, in order; empty when all is well. */
  readonly change: readonly string[];
}

export interface NodePart<L extends Look = Look> {
  readonly name: 'interface' | 'rules';
  /** Changes nothing. @throws NodeError when the node cannot be asked */
  look(): Promise<L>;
  /** Makes the change of a look. @throws NodeError; what was made until then stays, for the next look to see */
  apply(look: L): Promise<void>;
  /** Removes what is ours, and only that; returns what it was, a line each. Nothing there is no error. */
  remove(): Promise<readonly string[]>;
  /** What the kernel keeps for as long as somebody holds these; empty when it stays by itself. */
  readonly descriptors: readonly number[];
  /** Closes the descriptors and leaves everything else as it is. */
  release(): void;
}

/** The message is for people: what happened, where, what to do. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly kind: SetupError;
  /** Trying again later may help: another program holds a lock, say. */
  readonly passing: boolean;

  constructor(kind: SetupError, message: string, options: ErrorOptions & { passing?: boolean } = {}) {
    super(message, options);
    this.kind = kind;
    this.passing = options.passing ?? false;
  }
}

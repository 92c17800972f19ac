// directive — a line of a Corefile as the lexer and the block reader leave it, and how what is wrong with one is told.

import type { Place } from '../plan/plan.ts';

export interface Word extends Place {
  /** With its environment variables in place. */
  readonly text: string;
  readonly isQuoted: boolean;
}

/** The words of a line, and of the block that begins on it, if one does: a line each, which may have blocks of their own. */
export interface Directive {
  readonly name: Word;
  readonly args: readonly Word[];
  readonly body: readonly Directive[] | undefined;
}

/** Collects what is wrong, so that all of a file's faults are told at once. */
export interface Faults {
  /**
   * The file is refused. Never throws, so that reading goes on.
   * @param problem a sentence: what is wrong with the word, and what would be right
   * @param known words that would be right there; the nearest is told if it is near
   */
  refuse(word: Word, problem: string, known?: readonly string[]): void;
  /** The file is taken; `twindns check` says what does nothing, or something else than one might think. */
  warn(word: Word, remark: string): void;
}

// fault-list — what is wrong with a Corefile, all of it, and what in it does nothing.

import { printable } from '../log/log.ts';
import type { Place } from '../plan/plan.ts';
import type { Faults, Word } from './directive.ts';
import { nearest } from './nearest.ts';

export interface Fault extends Place {
  readonly sentence: string;
}

export class FaultList implements Faults {
  readonly #faults = new Map<string, Fault>();
  readonly #warnings = new Map<string, Fault>();
  /** In the order in which files were opened, so that faults are told in the order in which a person would read. */
  readonly #files = new Map<string, number>();
  #dropped = 0;

  refuse(word: Word, problem: string, known: readonly string[] = []): void {
    const meant = this.#faults.size < MOST ? nearest(word.text, known) : undefined;
    this.#keep(this.#faults, word, meant === undefined ? problem : `${problem} Did you mean ${meant}?`);
  }

  warn(word: Word, remark: string): void {
    this.#keep(this.#warnings, word, remark);
  }

  /** A file, or a pattern of files, that is looked at, whether it is there or not. */
  opened(file: string): void {
    if (!this.#files.has(file)) this.#files.set(file, this.#files.size);
  }

  /** Every file and pattern that was looked at. */
  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  get isRefused(): boolean {
    return this.#faults.size > 0;
  }

  /** In the order of the files and their lines. */
  get faults(): readonly Fault[] {
    return this.#sorted(this.#faults);
  }

  get warnings(): readonly Fault[] {
    return this.#sorted(this.#warnings);
  }

  /** Beyond those that are kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The same is told once, however often a snippet with it is imported. */
  #keep(list: Map<string, Fault>, { file, line }: Place, sentence: string): void {
    const key = `${file}:${line}: ${sentence}`;
    if (list.has(key)) return;
    if (list.size >= MOST) this.#dropped++;
    else list.set(key, { file, line, sentence });
  }

  #sorted(list: Map<string, Fault>): Fault[] {
    const order = (fault: Fault) => this.#files.get(fault.file) ?? this.#files.size;
    return [...list.values()].sort((a, b) => order(a) - order(b) || a.line - b.line);
  }
}

/** One a line, as compilers do; the first `most` of them. */
export function formatFaults(faults: readonly Fault[], dropped = 0, most = 50): string {
  const lines = faults
    .slice(0, most)
    .map(({ file, line, sentence }) => printable(`${file}:${line}: ${sentence}`));
  const left = faults.length - lines.length + dropped;
  return [...lines, ...(left > 0 ? [`and ${left} more.`] : [])].join('\n');
}

/** A word as it is told, cut where it is long. */
export function quoted({ text }: Pick<Word, 'text'>): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

// ---------------------------------------------------------------------------------------------------------------------

const MOST = 1000;

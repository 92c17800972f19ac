// fault-tally — remembers what was wrong with the answers of a load, a few examples of each fault.

import type { Question } from './catalogue.ts';
import { faultOf } from './right-answer.ts';

export class FaultTally {
  readonly #faults = new Map<string, number>();
  /** Replies to no question. */
  strays = 0;

  isRight(question: Question, reply: Uint8Array, length: number, transport: 'udp' | 'tcp'): boolean {
    const fault = faultOf(question, reply, length, transport);
    if (fault !== undefined) this.#count(`${transport} ${question.kind}: ${fault}`);
    return fault === undefined;
  }

  stray(transport: 'udp' | 'tcp'): void {
    this.strays++;
    this.#count(`${transport}: an answer to no question`);
  }

  /** The most frequent faults, as words for a sentence. */
  get faults(): readonly string[] {
    const sorted = [...this.#faults].sort(([, a], [, b]) => b - a);
    return sorted.slice(0, 5).map(([fault, count]) => `${count} × ${fault}`);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #count(fault: string): void {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  }
}

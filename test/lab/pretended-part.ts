// pretended-part — an interface, or rules, that only say what would have been done, and fail when they are told to.

import { closeSync } from 'node:fs';
import type { NodeError, NodePart, Observation } from '../../ha/node/node-part.ts';

export interface Story {
  /** What was done, in order. */
  readonly happened: string[];
  /** What the next observations of a part, or its removal, throw. */
  readonly failures: Record<string, NodeError[]>;
}

export class PretendedPart implements NodePart {
  readonly name: NodePart['name'];
  readonly descriptors: readonly number[];
  readonly wanted = ['it'];
  readonly stays: boolean;
  made = false;
  readonly #story: Story;

  constructor(name: NodePart['name'], fd: number | undefined, story: Story) {
    this.#story = story;
    this.name = name;
    this.descriptors = fd === undefined ? [] : [fd];
    this.stays = fd === undefined;
  }

  async observe(): Promise<Observation> {
    const failure = this.#story.failures[this.name]?.shift();
    if (failure !== undefined) throw failure;
    return { wanted: this.wanted, found: this.made ? ['it'] : [], plan: this.made ? [] : ['+ it'] };
  }

  async apply(): Promise<void> {
    this.made = true;
    this.#story.happened.push(`make ${this.name}`);
  }

  async remove(): Promise<readonly string[]> {
    const failure = this.#story.failures[`remove ${this.name}`]?.shift();
    if (failure !== undefined) throw failure;
    this.#story.happened.push(`remove ${this.name}`);
    return ['it'];
  }

  release(): void {
    for (const fd of this.descriptors) closeSync(fd);
  }
}

// memory — memory that processes share by a descriptor, and that outlives the one which made it.

import { OpenFile } from './open-file.ts';

/** Memory of schedules that are over, by its length: making it anew would have garbage collected all the time. */
const spare = new Map<number, ArrayBuffer[]>();

export class SharedMemory extends OpenFile {
  readonly kind = 'memory';
  readonly buffer: ArrayBuffer;

  constructor(inode: number, length: number) {
    super(inode);
    const used = spare.get(length)?.pop();
    if (used !== undefined) new Uint8Array(used).fill(0);
    this.buffer = used ?? new ArrayBuffer(length);
  }

  /** No code refers to it any more. */
  giveBack(): void {
    const { byteLength } = this.buffer;
    const others = spare.get(byteLength) ?? [];
    spare.set(byteLength, others);
    others.push(this.buffer);
  }
}

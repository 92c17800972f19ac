// open-file — an open file description: what descriptors of several processes, and messages on their way, have in common.
//
// It ends when the last of them lets go.

/** As epoll tells them. */
export const READABLE = 1;
export const WRITABLE = 4;
export const ERROR = 8;
export const HANGUP = 16;
export const READ_HANGUP = 0x2000;

export abstract class OpenFile {
  /** The same for all duplicates. */
  readonly inode: number;
  /** For stories. */
  abstract readonly kind: string;
  /** The process that it was sent to last. */
  sentTo: number | undefined;
  #holders = 0;

  constructor(inode: number) {
    this.inode = inode;
  }

  /** What it is ready for, of epoll's flags. */
  get flags(): number {
    return 0;
  }

  get isOpen(): boolean {
    return this.#holders > 0;
  }

  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    this.#holders--;
    if (this.#holders === 0) this.ended();
  }

  /** No process and no message has it any more. */
  protected ended(): void {}
}

/** Of which nothing ever comes. */
export class QuietFile extends OpenFile {
  readonly kind: string;

  constructor(inode: number, kind: string) {
    super(inode);
    this.kind = kind;
  }
}

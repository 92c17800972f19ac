// watch-reserve — descriptors that are watched for nothing: each can be given up for one that matters, where none is left.
//
// The kernel limits the watches of a user, in all its processes together, and the descriptors of a process.

import { close, openNetlink, type Poller, READABLE } from 'node-reuseport';

const NETLINK_ROUTE = 0;

export class WatchReserve {
  readonly #poller: Poller;
  #most: number;
  readonly #held: number[] = [];

  constructor(poller: Poller, most: number) {
    this.#poller = poller;
    this.#most = most;
    this.refill();
  }

  /** Holds at most so many, as soon as there is room for them. */
  resize(most: number): void {
    this.#most = most;
    while (this.#held.length > most) this.give();
    this.refill();
  }

  /** Whether it holds fewer than it should. */
  get isShort(): boolean {
    return this.#held.length < this.#most;
  }

  /** Gives up one; false when there is none. */
  give(): boolean {
    const fd = this.#held.pop();
    if (fd === undefined) return false;
    this.#poller.remove(fd);
    close(fd);
    return true;
  }

  /** Takes back what was given up, as far as there is room again. */
  refill(): void {
    while (this.#held.length < this.#most) {
      let fd = -1;
      try {
        fd = openNetlink(NETLINK_ROUTE, 0); // nothing comes by it that was not asked for
        this.#poller.add(fd, READABLE, UNUSED);
        this.#held.push(fd);
      } catch {
        if (fd >= 0) close(fd);
        return;
      }
    }
  }

  close(): void {
    while (this.give());
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** The watch id of none. */
const UNUSED = -1;

// waiting-frames — how many queries of one connection wait for upstreams: beyond a bound nothing more is read from it, which is
// back-pressure, not loss.

const MOST = 256;
const MOST_BYTES = 64 << 10;

export class WaitingFrames {
  count = 0;
  #bytes = 0;

  add(length: number): void {
    this.count++;
    this.#bytes += length;
  }

  remove(length: number): void {
    this.count--;
    this.#bytes -= length;
  }

  /** No more may wait. */
  get isFull(): boolean {
    return this.count >= MOST || this.#bytes >= MOST_BYTES;
  }
}

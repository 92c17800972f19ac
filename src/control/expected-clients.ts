// expected-clients — whether a datagram from a port that was told before comes to this instance: which of the two answers a client is
// the kernel's choice, and a reply does not say.

import { type Arena, CELL_ADDRESS } from 'node-reuseport';
import type { QueryWatcher, Tap } from '../top/tap.ts';

/** Ports at a time, and milliseconds for which each is looked for. */
const MOST = 8;
const PATIENCE = 10_000;

export class ExpectedClients implements QueryWatcher {
  readonly #arena: Arena;
  readonly #tap: Tap;
  /** Ports, and whether a datagram has come from there. */
  readonly #came = new Map<number, boolean>();

  constructor({ arena, tap }: { readonly arena: Arena; readonly tap: Tap }) {
    this.#arena = arena;
    this.#tap = tap;
  }

  /** Looks for it from now on, for a while. @throws Error where there are too many */
  expect(port: number): void {
    if (this.#came.size >= MOST) throw new Error('too many clients are expected just now');
    if (this.#came.size === 0) this.#tap.add(this);
    this.#came.set(port, false);
    setTimeout(() => this.#forget(port), PATIENCE).unref();
  }

  /** Whether it has come; asked once. */
  hasCome(port: number): boolean {
    const came = this.#came.get(port) === true;
    this.#forget(port);
    return came;
  }

  batch(count: number): void {
    const { memory, stride } = this.#arena;
    for (let cell = 0; cell < count; cell++) {
      const at = cell * stride + CELL_ADDRESS + 2; // behind the family, for either
      const port = (memory[at]! << 8) | memory[at + 1]!;
      if (this.#came.has(port)) this.#came.set(port, true);
    }
  }

  asked(): void {}
  missed(): void {}
  failed(): void {}

  // -------------------------------------------------------------------------------------------------------------------

  #forget(port: number): void {
    if (this.#came.delete(port) && this.#came.size === 0) this.#tap.remove(this);
  }
}

// holdings — what is held of another process: duplicates of its sockets and connections, a view of its memory and of its state.

import { fstatSync } from 'node:fs';
import { mapMemory } from 'node-reuseport';
import type { Endpoint, Slot } from '../../src/config.ts';
import { BEAT, EPOCH, RESTING } from '../../src/handover/arena-words.ts';
import { type Layout, readLayout } from '../../src/handover/layout.ts';
import type { ListenSockets } from '../../src/handover/sockets.ts';
import { closeShown, type Shown } from '../link/descriptors.ts';
import { RESTS } from '../timing.ts';
import { HeldConnections } from './held-connections.ts';
import { ProcessState } from './process-state.ts';
import { Replayed } from './replayed.ts';

export class Holdings {
  readonly slot: Slot;
  readonly sockets: readonly ListenSockets[];
  readonly memory: Uint8Array;
  /** Undefined when there is no memory that we understand: the sockets are read all the same. */
  readonly layout: Layout | undefined;
  readonly connections: HeldConnections;
  /** Connections of ours that its process had taken, and was dead when we found out, by our records. */
  readonly takenFromUs = new HeldConnections();
  /** Record of the connection that was left to its process at a takeover: it might have been serving it just then. */
  withheldRecord: number | undefined;
  /** What lies in its arena and was answered here while its process lived. */
  readonly replayed = new Replayed();
  /** Its process is dead, and its work has been taken over. */
  isTakenOver = false;
  readonly state: ProcessState;
  /** Of each pair of sockets, in their order: the same for all duplicates, whichever process holds them. */
  readonly identities: readonly string[];
  readonly #shown: Shown;
  #places: readonly Endpoint[];
  readonly #header: Int32Array;
  #closed = false;
  /** Of its rests, the one in which something has come to it, and when. */
  #called: { readonly rest: number; readonly at: number } | undefined;
  /** Since when it has to beat whether it rests or not. */
  #beatsFrom: number | undefined;

  /**
   * @param shown ours from now on
   * @param connections those its process has told of
   * @throws when the arena's descriptor is none of shared memory; everything given is closed then
   */
  constructor(slot: Slot, shown: Shown, connections = new HeldConnections()) {
    const { sockets, arenaFd, stateFd } = shown;
    this.slot = slot;
    this.sockets = sockets;
    this.#shown = shown;
    this.#places = shown.places;
    this.state = new ProcessState(stateFd);
    try {
      this.identities = identitiesOf(sockets);
      this.memory = arenaFd === undefined ? new Uint8Array(0) : mapMemory(arenaFd);
    } catch (error) {
      closeShown(shown);
      throw error;
    }
    this.layout = readLayout(this.memory);
    this.#header = new Int32Array(this.memory.buffer, this.memory.byteOffset, this.memory.byteLength >> 2);
    this.connections = connections;
  }

  /** A word of its journal; 0 when it keeps none that we understand. */
  word(index: number): number {
    return this.layout === undefined ? 0 : Atomics.load(this.#header, index);
  }

  /** The endpoints its arena names, by their places in it. */
  get places(): readonly Endpoint[] {
    return this.#places;
  }

  /** Its process shows the same sockets again, ours from now on: only what its arena names is news. False for other ones. */
  showsAgain(shown: Shown): boolean {
    const identities = identitiesOf(shown.sockets);
    const isSame = identities.length === this.identities.length;
    if (!isSame || !identities.every((identity) => this.identities.includes(identity))) return false;
    this.#places = shown.places;
    closeShown(shown);
    return true;
  }

  /** Those of its sockets that are none of these. @param known their identities */
  without(known: ReadonlySet<string>): readonly ListenSockets[] {
    return this.sockets.filter((_, i) => !known.has(this.identities[i]!));
  }

  /** Whether it tells by a beat that it is at work. */
  get beats(): boolean {
    return this.word(BEAT) !== 0;
  }

  /** Which of its rests it is in: it has nothing in hand, and need not beat. 0: it is at work, or tells nothing of rests. */
  get rest(): number {
    return this.word(RESTING);
  }

  /**
   * Something waits for it, or nothing does any more.
   * @param rest the one it was in before that was seen: it may be in another by now, and have read it
   */
  call(rest: number, waits: boolean, now: number): void {
    if (!waits || rest === 0) this.#called = undefined;
    else if (rest !== this.#called?.rest) this.#called = { rest, at: now };
  }

  /** From now on it beats also while it rests. */
  expectBeats(now: number): void {
    this.#beatsFrom ??= now;
  }

  /** Milliseconds since its last beat; while it rests, since it has been called. 0 when it does not beat. */
  silence(now: number): number {
    const { rest } = this; // first: it beats before its rest ends
    const beat = this.word(BEAT);
    if (beat === 0) return 0;
    const age = ((now | 0) - beat) | 0;
    const due = this.#beatsFrom ?? (rest === this.#called?.rest ? this.#called.at : undefined);
    if (rest === 0) return age;
    return due === undefined ? Math.max(0, age - RESTS) : Math.min(age, Math.floor(now - due));
  }

  /** Descriptor of its memory; -1 when that cannot be understood. */
  get memoryFd(): number {
    return this.layout === undefined ? -1 : (this.#shown.arenaFd ?? -1);
  }

  get epoch(): number {
    return this.word(EPOCH);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.takenFromUs.close();
    closeShown(this.#shown);
  }
}

/** Duplicates of one socket are one inode. */
export function identitiesOf(sockets: readonly ListenSockets[]): string[] {
  return sockets.map(({ udp, tcp }) => `${fstatSync(udp).ino}/${fstatSync(tcp).ino}`);
}

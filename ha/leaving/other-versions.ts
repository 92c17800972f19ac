// other-versions — what goes from one process to another that speaks another version of our protocol, so that an update to such a
// version loses nothing either: the sockets of a slot, and connections on which nothing is open. These messages mean the same
// in every version (see protocol); memory and records of connections, which do not, stay behind.
//
//     one that leaves                     one of another version
//        │ ── bequest ──────────────────► │      sockets: mine, and those I have read for others
//        │ ◄────────────────────── read ─ │      I read them from now on
//        │ ── connection ───────────────► │      one on which all has been answered, again and again
//        ×                                │

import { setTimeout as pause } from 'node:timers/promises';
import { close, written } from 'node-reuseport';
import { type Config, otherSlot, type Slot } from '../../src/config.ts';
import type { Passing } from '../../src/handover/connection-backup.ts';
import type { Log } from '../../src/log/log.ts';
import type { Resolver, Succession } from '../../src/resolver.ts';
import type { Channel } from '../link/channel.ts';
import { closeHeld, received } from '../link/descriptors.ts';
import type { Message } from '../link/protocol.ts';
import type { Meeting } from '../link/rendezvous.ts';
import type { Speaker } from '../link/sender.ts';
import { Estate } from '../peers/holdings.ts';
import type { Custody } from '../takeover/custody.ts';

/** How long the other's word is waited for, milliseconds. */
const WORD_TIMEOUT = 500;
/** How long somebody is called who has begun to start, and milliseconds between calls. */
const STARTING = 2000;
const AGAIN = 50;

export class Bequest {
  readonly #slot: Slot;
  readonly #meeting: Meeting;
  readonly #speaker: Speaker;
  readonly #custody: Custody;
  readonly #log: Log;
  #resolver: Resolver | undefined;
  /** Where what is ours is read, or will be. */
  #heir: Channel | undefined;
  /** Sockets whose heir has not answered yet. */
  #unanswered = 0;
  #told: ((word: Succession) => void) | undefined;

  constructor(
    { slot }: Pick<Config, 'slot'>,
    meeting: Meeting,
    speaker: Speaker,
    custody: Custody,
    log: Log,
  ) {
    this.#slot = slot;
    this.#meeting = meeting;
    this.#speaker = speaker;
    this.#custody = custody;
    this.#log = log;
  }

  /** From now on there is somebody to take what others leave. */
  serving(resolver: Resolver): void {
    this.#resolver = resolver;
  }

  /**
   * Nobody of our protocol reads on; resolves to whether somebody of another one does.
   * @param strangers whether there is such a process
   */
  async leave(strangers: boolean): Promise<Succession> {
    const word = strangers ? await this.#offer() : 'none';
    if (word === 'none') {
      this.#speaker.hide();
      this.#custody.spareLent();
    }
    return word;
  }

  /** The process at the other end reads what it was told of. */
  answered(channel: Channel): void {
    if (channel === this.#heir && --this.#unanswered === 0) this.#told?.('read');
  }

  /** A twin of ours reads our sockets, and cannot go on with our connections. */
  readBy(channel: Channel): void {
    this.#heir ??= channel;
  }

  /** The channel has ended; or the process at its other end does not know what a bequest is. */
  ended(channel: Channel): void {
    if (channel !== this.#heir) return;
    this.#heir = undefined;
    this.#told?.('none');
  }

  /** Leaves a connection to whoever reads our sockets; it stays the caller's. */
  pass(fd: number): Passing {
    if (this.#heir === undefined) return 'nobody';
    return this.#speaker.bequeathConnection(this.#heir, fd) ? 'passed' : 'later';
  }

  /**
   * Takes what another process leaves us; its descriptors are ours from now on.
   * @param refuses because we leave, too
   */
  take(channel: Channel, message: Message, descriptors: readonly number[], refuses: boolean): void {
    const resolver = refuses ? undefined : this.#resolver;
    if (message.type === 'connection') return takeConnections(descriptors, resolver);
    const { held } = received(message, descriptors, this.#log);
    if (held !== undefined && resolver !== undefined) {
      this.#custody.inherits(new Estate(message.slot, held), message.pid);
      this.#speaker.tell(channel, 'read');
      return;
    }
    if (held !== undefined) closeHeld(held);
    channel.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Leaves all sockets to the other slot's process. */
  async #offer(): Promise<Succession> {
    const heir = await this.#call();
    if (heir === undefined) return 'none';
    this.#heir = heir;
    return new Promise((resolve) => {
      this.#told = resolve;
      // It has what we sent and may yet see to it: what is in the sockets is left in them.
      setTimeout(() => resolve('unsure'), WORD_TIMEOUT).unref();
      for (const { slot, sockets } of this.#custody.heritage) {
        this.#unanswered++;
        this.#speaker.bequeath(heir, slot, sockets);
      }
    });
  }

  /** One that starts calls before it can be called. */
  async #call(): Promise<Channel | undefined> {
    for (let waited = 0; ; waited += AGAIN) {
      const channel = this.#meeting.call(otherSlot(this.#slot));
      if (channel !== undefined || waited >= STARTING) return channel;
      await pause(AGAIN);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function takeConnections(descriptors: readonly number[], resolver: Resolver | undefined): void {
  for (const fd of descriptors) {
    const so = written(fd);
    if (resolver === undefined || so < 0) close(fd);
    else resolver.tcp.inherit(fd, { written: so, behind: undefined, suspectAt: -1 });
  }
}

// cache-sync — what one twin learns the other knows, too; and a newcomer gets all that its twin knows.
//
//   message   | FILLS | 0: a new answer, 1: one of the whole cache | records (src/cache/entry-record.ts) |
//
// Nothing here waits, and nothing is kept for a twin that does not read: then it is asked upstream once more, no harm.
// A message goes whenever there is room in the channel, at most one a turn, and what is told the twin meanwhile (see twin.ts)
// always fits beside it. A new answer goes at the end of the turn that brought it, those that follow soon go together: each
// message wakes the twin. What is not new is in no hurry: a newcomer has enough to do. And it gives way to queries:
// where the timer of the next message was late, for there were others to do, the one behind waits as much longer.
//
// That a question is being asked is not told. It would be told in time where servers take long alone, and a message for each miss
// would cost more than the few questions it could spare.

import { monotonicMs } from 'node-reuseport';
import type { CacheShare } from '../../src/cache/cache-share.ts';
import { recordEnd } from '../../src/cache/entry-record.ts';
import { FILLS_AT_MOST, FILLS_WAIT, GIVES_WAY, NEWS_APART } from '../timing.ts';
import { type BulkSender, FILLS, LONGEST_FILLS } from './protocol.ts';

export interface FillCounters {
  /** Answers the twin was told. */
  sent: number;
  /** Not told, because the twin did not read what it was told before. */
  dropped: number;
  /** Answers the twin told us. */
  received: number;
  /** Those of them that we had not, or not as fresh, and had room for. */
  taken: number;
  /** Records that were broken, or of a zone that we do not have. */
  rejected: number;
}

export function fillCounters(): FillCounters {
  return { sent: 0, dropped: 0, received: 0, taken: 0, rejected: 0 };
}

const NEWS = 0;
const WHOLE = 1;
const HEAD = 2;
/** Several records fill a message up to here: about 200 of them, which the twin judges in a millisecond. */
const FULL = 32 << 10;
/** So many new answers wait for no more. */
const COMPANY = 100;
/** Keys looked at for one message at most. */
const LOOKS = 500;
/** Bytes of the keys that wait to be told. */
const WAITING_LIMIT = 1 << 20;

export class CacheSync {
  readonly counters: FillCounters;
  readonly #share: CacheShare;
  readonly #channel: BulkSender;
  readonly #news = new NewKeys(WAITING_LIMIT);
  #whole: KeysToTell | undefined;
  readonly #message = Buffer.allocUnsafeSlow(LONGEST_FILLS);
  /** Bytes and records of a message that is composed and not sent. */
  #length = 0;
  #records = 0;
  #company: NodeJS.Timeout | undefined;
  /** When the twin was last told of new answers, monotonic milliseconds. */
  #toldAt = Number.NEGATIVE_INFINITY;
  /** When the next message of the whole cache is due. */
  #pace: NodeJS.Timeout | undefined;
  #wait = FILLS_WAIT;
  readonly #now: () => number;
  /** The channel will say when there is room. */
  #asked = false;
  #unsubscribe: (() => void) | undefined;

  /** @param counters those of the channel before, to count on */
  constructor(
    share: CacheShare,
    channel: BulkSender,
    counters = fillCounters(),
    now: () => number = monotonicMs,
  ) {
    this.#now = now;
    this.#share = share;
    this.#channel = channel;
    this.counters = counters;
  }

  /** From now on the twin is told what is new, and everything there is so far. */
  start(): void {
    this.#whole = new WholeCache(this.#share.keys());
    this.#unsubscribe = this.#share.onStore((key) => this.#tell(key));
    this.#ask();
  }

  /** Whether the twin was told everything there was when it began. */
  get toldAll(): boolean {
    return this.#whole === undefined && this.#length === 0;
  }

  /** Takes in a message of the twin; nothing of `bytes` is kept, and it is changed. */
  receive(bytes: Uint8Array, length: number): void {
    const records = Buffer.from(bytes.buffer, bytes.byteOffset, length);
    const evicts = records[1] === NEWS;
    for (let at = HEAD, looks = 0; at < length; looks++) {
      // Our twin looks at no more keys for a message: what has more records is to cost us time.
      if (looks === LOOKS) return void this.counters.rejected++;
      const end = recordEnd(records, at, length);
      const learned = end < 0 ? 'refused' : this.#share.learn(records, at, end, evicts);
      if (learned === 'refused') this.counters.rejected++;
      else this.counters.received++;
      if (learned === 'taken') this.counters.taken++;
      if (end < 0) return; // where the next one would begin is not known
      at = end;
    }
  }

  /** The channel is gone. */
  stop(): void {
    this.#unsubscribe?.();
    clearTimeout(this.#company);
    clearTimeout(this.#pace);
    this.#asked = true; // nothing is sent any more
    this.#whole = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #tell(key: string): void {
    if (!this.#news.add(key)) this.counters.dropped++;
    else if (!this.#asked) this.#askForNews();
  }

  #askForNews(): void {
    const rest = this.#toldAt + NEWS_APART - this.#now();
    if (rest <= 0 || this.#news.count >= COMPANY) this.#ask('soon');
    else this.#company ??= setTimeout(() => this.#ask('soon'), rest).unref();
  }

  /** @param when soon: in this turn, if the twin keeps up with what it is told */
  #ask(when: 'soon' | 'whenReady' = 'whenReady'): void {
    clearTimeout(this.#company);
    this.#company = undefined;
    if (this.#asked) return;
    this.#asked = true;
    this.#channel[when](() => {
      this.#asked = false;
      this.#send();
    });
  }

  /** Sends one message. */
  #send(): void {
    if (this.#length === 0) this.#compose();
    if (this.#length > 0 && this.#channel.sendBulk(this.#message, this.#length)) {
      this.#length = 0;
      this.counters.sent += this.#records;
      if (this.#message[1] === NEWS) this.#toldAt = this.#now();
    }
    if (this.#length > 0 || this.#news.first() !== undefined) this.#ask();
    else if (this.#whole !== undefined) this.#askInTime();
  }

  /** For the next message of the whole cache. */
  #askInTime(): void {
    const due = this.#now() + this.#wait;
    this.#pace ??= setTimeout(() => {
      this.#pace = undefined;
      this.#wait = Math.min(FILLS_WAIT + GIVES_WAY * Math.max(0, this.#now() - due), FILLS_AT_MOST);
      this.#ask();
    }, this.#wait).unref();
  }

  /** New answers go first: clients ask for those. */
  #compose(): void {
    const news = this.#news.first() !== undefined;
    const keys = news ? this.#news : this.#whole;
    if (keys === undefined) return;
    this.#message[0] = FILLS;
    this.#message[1] = news ? NEWS : WHOLE;
    this.#records = 0;
    let end = HEAD;
    for (let looks = 0; looks < LOOKS; looks++) {
      const key = keys.first();
      if (key === undefined) break;
      // The first record always fits.
      const behind = this.#share.write(key, this.#message, end, end === HEAD ? LONGEST_FILLS : FULL);
      if (behind < 0) break;
      if (behind > end) this.#records++;
      end = behind;
      keys.pass();
    }
    if (this.#whole?.first() === undefined) this.#whole = undefined;
    if (this.#records > 0) this.#length = end;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Keys in their order; each is told or given up before the next one. */
export interface KeysToTell {
  /** The next one; undefined when there is none now. */
  first(): string | undefined;
  /** Done with the first one. */
  pass(): void;
}

/** What a key takes beside its characters, bytes. */
const OVERHEAD = 32;
/** Keys passed after which their places are given back. */
const PASSED = 1000;

export class NewKeys implements KeysToTell {
  readonly #limit: number;
  #keys: string[] = [];
  #passed = 0;
  #bytes = 0;

  /** @param limit bytes they may take */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when there is no room: the newest is given up, for those that wait have waited. */
  add(key: string): boolean {
    if (this.#bytes + key.length + OVERHEAD > this.#limit) return false;
    this.#bytes += key.length + OVERHEAD;
    this.#keys.push(key);
    return true;
  }

  get count(): number {
    return this.#keys.length - this.#passed;
  }

  first(): string | undefined {
    return this.#keys[this.#passed];
  }

  pass(): void {
    this.#bytes -= this.#keys[this.#passed]!.length + OVERHEAD;
    if (++this.#passed < PASSED && this.#passed < this.#keys.length) return;
    this.#keys = this.#keys.slice(this.#passed);
    this.#passed = 0;
  }
}

export class WholeCache implements KeysToTell {
  readonly #keys: Iterator<string>;
  #first: string | undefined;

  constructor(keys: Iterator<string>) {
    this.#keys = keys;
    this.pass();
  }

  first(): string | undefined {
    return this.#first;
  }

  pass(): void {
    const { value, done } = this.#keys.next();
    this.#first = done === true ? undefined : value;
  }
}

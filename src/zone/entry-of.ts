// entry-of — a message that was made, or changed, here as what the cache keeps: judged as a server's would be.

import { type JudgedZone, judge, type Verdict } from '../cache/verdict.ts';
import { CLASS_IN, SERVFAIL } from '../message/message.ts';
import type { Message } from './message.ts';
import { writeMessage } from './message-wire.ts';

/** What is made here needs no clock for its signatures. */
const noClock = () => Math.floor(Date.now() / 1000);

type Made = Exclude<Verdict, { outcome: 'truncated' | 'malformed' }>;

/** @param asked the key begins with its folded name of `nameLength` bytes  @param now monotonic milliseconds */
export function entryOf(
  asked: { readonly key: string; readonly nameLength: number; readonly type: number },
  message: Message,
  zone: JudgedZone,
  now: number,
): Made {
  const { key, nameLength, type } = asked;
  const bytes = writeMessage(key.slice(0, nameLength), type, CLASS_IN, message);
  const verdict = judge({ bytes, start: 0, length: bytes.length, nameLength }, zone, now, noClock);
  if (verdict.outcome === 'failure') return verdict;
  if (verdict.outcome !== 'answer') return { outcome: 'failure', rcode: SERVFAIL, ede: -1 };
  return { ...verdict, entry: { ...verdict.entry, authoritative: message.authoritative } };
}

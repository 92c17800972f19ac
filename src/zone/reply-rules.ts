// reply-rules — what a block says of its replies, whatever they hold: applied where a reply is composed for its client.

import type { BlockPlan } from '../plan/plan.ts';
import type { AnswerOrder } from './answer-order.ts';

export interface ReplyRules {
  /** For clients that ask for it. */
  readonly nsid: Uint8Array | undefined;
  /** Undefined: by the second. */
  readonly order: AnswerOrder | undefined;
  /** Flags that every reply has, and that none has. */
  readonly set: number;
  readonly clear: number;
  /** The TTL of a fresh answer is what it was when it came. */
  readonly keepsTtl: boolean;
  /** Bytes of the longest over UDP. */
  readonly udpSize: number;
}

/** Undefined where a block says nothing of them, as most do. */
export function replyRules({ nsid, order, flags, udpSize, cache }: BlockPlan): ReplyRules | undefined {
  const keepsTtl = cache?.keepTtl ?? false;
  const said = [nsid, order, flags, udpSize].some((rule) => rule !== undefined);
  if (!said && !keepsTtl) return undefined;
  return {
    nsid: nsid === undefined ? undefined : Buffer.from(nsid),
    order,
    keepsTtl,
    set: flags?.set ?? 0,
    clear: flags?.clear ?? 0,
    udpSize: udpSize ?? Number.POSITIVE_INFINITY,
  };
}

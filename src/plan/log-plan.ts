// log-plan — which queries are written to the log, and in what form; and which errors are told together.

/** What a query came to: NOERROR with records or a referral; NXDOMAIN and NODATA; the rest. */
export const replyClasses = ['success', 'denial', 'error'] as const;
export type ReplyClass = (typeof replyClasses)[number];

export interface QueryLogPlan {
  /** Names at or below these. */
  readonly zones: readonly string[];
  readonly classes: readonly ReplyClass[];
  /** With CoreDNS's words in braces. */
  readonly format: string;
}

export interface LogPlan {
  /** The first whose zone a name is in holds. */
  readonly queries: readonly QueryLogPlan[];
  /** Undefined: errors of upstreams are not told. */
  readonly errors:
    | {
        readonly consolidate: readonly {
          /** Milliseconds in which those that match are told as one. */
          readonly within: number;
          /** Re2 syntax. */
          readonly pattern: string;
          readonly level: 'debug' | 'info' | 'warn' | 'error';
          readonly showFirst: boolean;
        }[];
      }
    | undefined;
}

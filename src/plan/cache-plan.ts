// cache-plan — whether answers are kept, how long, and what is done about those that run out.

/** Seconds: what is less is raised, what is more is lowered. */
export interface TtlRange {
  readonly least: number;
  readonly most: number;
}

export interface CachePlan {
  /** Names below these alone are kept; empty: all. */
  readonly zones: readonly string[];
  readonly success: TtlRange;
  readonly denial: TtlRange;
  /** Milliseconds for which a failure is kept (RFC 9520); 0: not at all. */
  readonly failure: number;
  /** Names below these are not kept, by what they are; `['']` is all. */
  readonly disabled: { readonly success: readonly string[]; readonly denial: readonly string[] };
  /** What was asked for `amount` times, not more than `within` apart, is asked for again in the last `share` of its TTL. */
  readonly prefetch: { readonly amount: number; readonly within: number; readonly share: number } | undefined;
  readonly stale: StalePlan | undefined;
  /** Clients are shown the TTL that came, not what is left of it. */
  readonly keepTtl: boolean;
}

/** What has run out may still be given (RFC 8767). */
export interface StalePlan {
  /** Milliseconds after its end. */
  readonly window: number;
  /** Before upstreams are asked, or when they have not answered within so many milliseconds. */
  readonly after: number;
  /** Seconds that clients are told. */
  readonly ttl: number;
}

// finding — something that is wrong, or worth a note: how grave it is, what, where, since when, and what to do.

/** failing: clients feel it. risk: they will, when one thing more goes wrong. note: nothing is wrong yet. */
export const gravities = ['failing', 'risk', 'note'] as const;
export type Gravity = (typeof gravities)[number];

export interface Finding {
  readonly gravity: Gravity;
  /** A sentence without its full stop, with numbers. */
  readonly what: string;
  /** The server, zone or instance it is about. */
  readonly where: string;
  /** Seconds; null where that is not known. */
  readonly sinceSeconds: number | null;
  /** What a person does about it, a sentence. */
  readonly do: string;
}

/** Each once, though both instances may say it. */
export function worstFirst<F extends Finding>(all: readonly F[]): F[] {
  const known = new Map<string, F>();
  for (const finding of all) {
    const key = `${finding.where}: ${finding.what}`;
    if (!known.has(key)) known.set(key, finding);
  }
  return [...known.values()].sort((a, b) => gravities.indexOf(a.gravity) - gravities.indexOf(b.gravity));
}

/** `2m10s`, for sentences. */
export function sinceText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h${Math.floor((whole % 3600) / 60)}m`;
}

// stalls — for how long this process itself did not run, or was busy with one thing, and by what: from its beats, which come late
// then. What is known of this instance's own stalls keeps it from blaming its twin for them.
//
//   a beat came late, and meanwhile …        cause
//   … it used the processor for half of it   busy: a long task of its own, such as collecting garbage
//   … its cgroup was throttled               throttled: the CPU limit
//   … it waited for a processor              starved: other programs had them
//   … none of these                          stopped: SIGSTOP, a debugger, a wait in the kernel

/** In the order of the label. */
export const stallCauses = ['throttled', 'starved', 'stopped', 'busy'] as const;
export type StallCause = (typeof stallCauses)[number];

/** What the kernel tells of the thread that answers, milliseconds since its start; undefined: it does not tell. */
export interface ThreadTimes {
  readonly throttled: number | undefined;
  /** Ready to run, and not running. */
  readonly waited: number | undefined;
}

/** How late a beat is that counts, milliseconds. */
const LATE = 20;
/** … and that may be taken for a fault of another process. */
const LONG = 50;
/** Of it, what one cause has to explain. */
const PART = 1 / 2;
/** What the kernel tells is read again after so long, so that little but the stall lies between two readings, milliseconds. */
const READ_AGAIN = 1000;
/** The last minute, in slices of ten seconds. */
const SLICE = 10_000;
const SLICES = 6;

/** Of a minute. */
export interface RecentStalls {
  /** All of them, milliseconds. */
  readonly ms: number;
  readonly longest: number;
  /** Which of the causes had most. */
  readonly cause: StallCause;
}

interface Slice {
  at: number;
  longest: number;
  readonly ms: Float64Array;
}

export class Stalls {
  /** Since the start, by cause. */
  readonly seconds: Record<StallCause, number> = { throttled: 0, starved: 0, stopped: 0, busy: 0 };
  /** When the last one of LONG ended, monotonic milliseconds. */
  endedAt = Number.NEGATIVE_INFINITY;
  readonly #cpuMs: () => number;
  readonly #times: () => ThreadTimes;
  #beatAt: number | undefined;
  /** Until the next beat. */
  #rests: number | undefined;
  #cpuAt = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #before: ThreadTimes = { throttled: undefined, waited: undefined };
  readonly #slices: readonly Slice[] = Array.from({ length: SLICES }, () => ({
    at: Number.NEGATIVE_INFINITY,
    longest: 0,
    ms: new Float64Array(stallCauses.length),
  }));

  /** @param cpuMs processor time this process has used */
  constructor(cpuMs: () => number, times: () => ThreadTimes) {
    this.#cpuMs = cpuMs;
    this.#times = times;
  }

  /** It beats. @param now monotonic milliseconds @param due milliseconds after the last beat that it was to come */
  beat(now: number, due: number): void {
    const between = now - (this.#beatAt ?? now);
    const cpu = this.#cpuMs();
    const used = cpu - this.#cpuAt;
    this.#beatAt = now;
    this.#cpuAt = cpu;
    const late = between - (this.#rests ?? due);
    this.#rests = undefined;
    if (late > LATE) this.#stalled(now, late, used);
    else if (now - this.#readAt >= READ_AGAIN) this.#readTimes(now);
  }

  /** It does not beat for so many milliseconds at most, on purpose. */
  rest(ms: number): void {
    this.#rests = ms;
  }

  /** Of the last 50 to 60 s; undefined where there was none. */
  recent(now: number): RecentStalls | undefined {
    const after = Math.floor(now / SLICE) - SLICES;
    const recent = this.#slices.filter(({ at }) => at > after);
    const sums = stallCauses.map((_, i) => recent.reduce((sum, { ms }) => sum + ms[i]!, 0));
    const ms = sums.reduce((sum, one) => sum + one);
    if (ms === 0) return undefined;
    const longest = Math.max(...recent.map((slice) => slice.longest));
    return { ms, longest, cause: stallCauses[sums.indexOf(Math.max(...sums))]! };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #stalled(now: number, late: number, used: number): void {
    const cause = causeOf(late, used, this.#readTimes(now));
    this.seconds[cause] += late / 1000;
    if (late >= LONG) this.endedAt = now;
    const at = Math.floor(now / SLICE);
    const slice = this.#slices[at % SLICES]!;
    if (slice.at !== at) {
      slice.at = at;
      slice.longest = 0;
      slice.ms.fill(0);
    }
    slice.ms[stallCauses.indexOf(cause)]! += late;
    slice.longest = Math.max(slice.longest, late);
  }

  /** What has been added since the last reading. */
  #readTimes(now: number): ThreadTimes {
    const before = this.#before;
    this.#readAt = now;
    this.#before = this.#times();
    const added = (of: keyof ThreadTimes) => {
      const [was, is] = [before[of], this.#before[of]];
      return was === undefined || is === undefined ? undefined : is - was;
    };
    return { throttled: added('throttled'), waited: added('waited') };
  }
}

function causeOf(late: number, used: number, { throttled = 0, waited }: ThreadTimes): StallCause {
  if (used >= late * PART) return 'busy';
  if (throttled >= late * PART) return 'throttled';
  return waited === undefined || waited >= late * PART ? 'starved' : 'stopped';
}

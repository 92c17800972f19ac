// timing — every time of the pair, in milliseconds. The order between them is what makes the pair work, and is tested.
//
//   a process falls silent                                           a newcomer tells that it serves
//      10 ├ BEAT_EVERY: it would have beaten                              30 ├ FIRST_READS: it reads its sockets itself; at once if its
//      20 ├ UNREAD: a queue has not moved: read beside it                    │   twin has not beaten for RELIED_ON 50
//      30 ├ OBSERVED_FROM: its process state is looked at;               250 ├ ARRIVED: its twin may leave to it
//         │   if it is gone: takeover                                   1000 ├ NEWCOMER: its twin stops reading beside it
//     100 ├ SILENT: takeover, if observed for OBSERVED 50,                   └ SETTLED: it is as quick as any
//         │   with a query in hand for OBSERVED_BUSY 100; else, for it
//         │   waits for a processor, what it has in hand is answered here
//         │   if it is FAR more silent than we were late
//         ├ HANGS: what it has in hand keeps it busy                   it is taken over from
//    1000 ├ HANGS_FOR_GOOD: the datagram in its hand is refused         2000 ├ LETS_GO: until now it is looked for in each look
//         ├ STARVED: takeover all the same, in time left over                │
//         └ LOST: a former peer is as good as dead                           │   whether it lets go of connections, else each SWEEP_EVERY
//                                                                      3000 └ (SCANNED of the connection table: it uses their cells again)
//   it beats again
//     250 └ READ_BESIDE: it reads its sockets alone                    its holdings are dropped
//                                                                      6000 └ ANSWERS_DUE: what came in by them is answered

/** Each instance beats, and looks at its twin, this often; not while both rest. */
export const BEAT_EVERY = 10;
/**
 * When there was nothing to see for this long an instance rests. To fall asleep and be woken costs as much as ten looks, so what
 * is asked a few dozen times a second is looked at all the time.
 */
export const RESTS_AFTER = 100;
/** A twin that rests beats with its calls, see REDIAL: without one for this long it is silent from then on. */
export const RESTS = 3000;
/** A queue whose head has not moved for this long is not read. */
export const UNREAD = 20;
/** Silence from which on the process state of the twin is observed. */
export const OBSERVED_FROM = 30;
/** A newcomer leaves its sockets this long to its twin, which reads them anyway: its own first reads would be slow. */
export const FIRST_READS = 30;
/** A newcomer relies on a twin that has beaten within this time. */
export const RELIED_ON = 50;
/**
 * Silence has to be observed this long, less the time in which the silent process waited for a processor: a process that could
 * not run shows nothing, and an observer that was itself kept from running has seen nothing.
 */
export const OBSERVED = 50;
/** The same when the silent process has a query in hand: it may yet get done with it. */
export const OBSERVED_BUSY = 100;
/** Of the time between two looks no more counts as observed: in the rest this process itself did not run. */
export const OBSERVED_AT_ONCE = 30;
/** A process has time left over for a twin that waits for a processor when the silence is so many times longer than its own delay. */
export const FAR = 2;
/** The delay of a process is taken of this time, or twice that. */
export const DELAY_KEPT = 1000;
/** A process that waits for a processor this long is taken over from, by a twin that has time left over. */
export const STARVED = 1000;
/** Silence after which what a process had received is answered by its twin. */
export const SILENT = 100;
/** A process that has used the processor for this long since it took a query in hand may hang on it. */
export const HANGS = 100;
/** In ticks of this length the kernel tells processor time where it does not count nanoseconds. */
export const KERNEL_TICK = 10;
/** Processor time that is beyond what an answer takes by far; collecting garbage may take as long. */
export const MUCH_PROCESSOR_TIME = 5;
/** The same as HANGS for a process that lives: it may yet get done with a datagram, after collecting garbage say. */
export const HANGS_FOR_GOOD = 1000;
/** A stuck peer's sockets are read beside it for this long after it was last seen so. */
export const READ_BESIDE = 250;
/** A newcomer's sockets are read beside it for this long: it is slow at first. */
export const NEWCOMER = 1000;
/** A newcomer is as quick as any after this time. */
export const SETTLED = 1000;
/** A twin younger than this is not left to: it is still receiving our cache and connections. */
export const ARRIVED = 250;
/** A former peer without a beat for this long is as good as dead. */
export const LOST = 1000;
/** After a silence a process may let go of connections that were taken, for this long: they are looked for in each look. */
export const LETS_GO = 2000;
/** At other times this often, and with each call while both rest; connections that were closed likewise. */
export const SWEEP_EVERY = 100;
/** Every question is answered by then, one way or the other (see the deadlines of src/upstream). */
export const ANSWERS_DUE = 6000;
/** Messages with new answers are so far apart at least: each wakes the twin, which costs more than the answers that are in it. */
export const NEWS_APART = 50;
/**
 * Messages of the whole cache follow each other at this pace: 40,000 answers a second, for less than a third of a processor on
 * either side.
 */
export const FILLS_WAIT = 5;
/** The one after it waits so many times longer as it was late itself: for queries, or for a processor … */
export const GIVES_WAY = 4;
/** … and no longer than this. */
export const FILLS_AT_MOST = 200;
/** Messages of the twin are taken in for so long in a turn of the loop, and then queries are looked at. */
export const MESSAGES_TAKE = 1;
/** Queries of the twin are answered for so long in a turn of the loop. */
export const REPLAYS_TAKE = 2;
/** A newcomer waits this long for its twin's welcome, and so many times longer as it is slower than on a free processor … */
export const WELCOME_DUE = 500;
/** … but no longer than this: clients give up after 5 s. */
export const WELCOME_AT_MOST = 4000;
/** A socket in the channel directory that is older and that no process listens at is removed, whichever pair it was of. */
export const FORSAKEN = 3_600_000;
/** A twin that was met and has not shown its sockets by then is met anew: it starts slowly, or what it showed was lost. */
export const SHOWN_BY = 10_000;
/** A process that leaves waits this long for its twin's word. */
export const WORD_DUE = 500;
/** A process that leaves and waits for a twin looks this often whether one is ready. */
export const SUCCESSOR_LOOK = 50;
/** A kubelet that has said that an instance is replaced sends its signal within this time. */
export const GRANTED = 10_000;
/**
 * A twin that is away is dialled this often, and an instance that rests beats, and looks at its twin; not the same for both, so
 * that they do not dial each other at once.
 */
export const REDIAL = { primary: 1000, secondary: 1370 } as const;
/** What fails at each look is told of in the log this often. */
export const TOLD_AGAIN = 1000;
/** A call that the kernel would not let us accept is tried again after this time. */
export const ACCEPT_AGAIN = 100;

/** A twin that runs and is not met is called a problem after this time: a twin that starts is met sooner. */
export const UNMET = 10_000;
/**
 * Both instances have read a Corefile that was replaced by then: they look at it each 30 s and half as much by chance, and kubelets
 * bring it to one pod after the other. Until then one of them may serve other addresses.
 */
export const READ_BY_BOTH = 120_000;
/** After a stall of our own for this long, what a twin did not do may be what we did not see. */
export const OWN_STALL = 1000;
/** A twin that is read beside for this long, and is not stuck, is warned of. */
export const BESIDE_LONG = 5000;
/** An instance without a twin says so after this time; whether it has one is looked at this often. */
export const ALONE_LASTS = 60_000;
export const ALONE_LOOK = 1000;
/** Deaths of the twin are counted together within this time. */
export const DEATHS_KEPT = 300_000;
/** A newcomer whose settings differ from its twin's is not ready for this long after it began. */
export const DIFFERS_HELD = 60_000;
/** A problem of the pair is warned of again this often while it lasts. */
export const REMINDED = 60_000;

// Of the node's interface and rules.

/** A process silent for longer is not elected to see to the interface and the rules; checked each SWEEP_EVERY. */
export const ELECTION_SILENCE = 500;
/** Grace after the drain timeout for a twin that leaves, too, before the last process removes interface and rules. */
export const REMOVAL_GRACE = 1000;
/** For as long a removal waits for a lock that another program of the node holds. */
export const LOCK_PATIENCE = 10_000;

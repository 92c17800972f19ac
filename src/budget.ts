// budget — what clients can make an instance hold, in one table: of what, how much at most, how much now, what was refused.
//
// Each bound is one number that users see under its name at /status and in the metrics. Shares of one source or one zone of a
// bound are counted where they are given; what is refused for lack of a share is refused by that bound.

export type Unit = 'bytes' | 'connections' | 'queries' | 'questions' | 'sockets';

/** One thing that is held for others. */
export class Bound {
  /** As users see it, such as tcp_connections. */
  readonly name: string;
  readonly unit: Unit;
  readonly most: number;
  held = 0;
  /** How often there was no room. */
  refused = 0;

  constructor(name: string, unit: Unit, most: number) {
    this.name = name;
    this.unit = unit;
    this.most = most;
  }

  /** Whether `amount` more would fit; the caller that is refused says so by `refuse`. */
  hasRoom(amount = 1): boolean {
    return this.held + amount <= this.most;
  }

  /** Whether `amount` more fits; if not, that is counted. */
  admits(amount = 1): boolean {
    if (this.hasRoom(amount)) return true;
    this.refused++;
    return false;
  }

  refuse(): void {
    this.refused++;
  }

  take(amount = 1): void {
    this.held += amount;
  }

  release(amount = 1): void {
    this.held -= amount;
  }
}

/** Descriptors for sockets, upstreams, twin and admin port: an instance has a hundred, and may need some more at any time. */
const RESERVE = 192;
/** Ports to ask from are many where descriptors are. */
const UPSTREAM_PART = 1 / 8;
const FEWEST_UPSTREAM_SOCKETS = 16;
const MOST_UPSTREAM_SOCKETS = 1024;
/** Where descriptors are that short, clients make room for each other all the time. */
const FEWEST_CONNECTIONS = 16;
const MOST_CONNECTIONS = 2000;

/** Of one instance. */
export class Budget {
  /** Queries that wait for upstreams, and the questions that are asked for them: some 9,000 of both. */
  readonly waitingQueries = new Bound('waiting_queries', 'bytes', 24 << 20);
  /** RFC 9210 section 4.5 suggests a total and a share for each source; a node's pods are many, each needs few. */
  readonly tcpConnections: Bound;

  /** From which all servers are asked over UDP; one for each server there is in any case. */
  readonly upstreamSockets: Bound;

  /** Answers composed for TCP clients that do not read them. */
  readonly tcpOwed = new Bound('tcp_owed', 'bytes', 16 << 20);

  /** What the kernel holds of what TCP clients have sent, and of what they have not read. */
  readonly tcpBuffers = new Bound('tcp_buffers', 'bytes', 64 << 20);

  /** Answers the kernel has no room for just now. */
  readonly heldReplies = new Bound('held_replies', 'bytes', 4 << 20);

  /** Of clients that watch: few come at a time, and none stays. */
  readonly adminConnections = new Bound('admin_connections', 'connections', 64);
  readonly healthConnections = new Bound('health_connections', 'connections', 16);

  /** @param descriptors how many the process may have open */
  constructor(descriptors = Number.POSITIVE_INFINITY) {
    // Half of what is left: the twin's connections are held, too.
    const sockets = Math.max(FEWEST_UPSTREAM_SOCKETS, Math.floor(descriptors * UPSTREAM_PART));
    const ports = Math.min(sockets, MOST_UPSTREAM_SOCKETS);
    this.upstreamSockets = new Bound('upstream_sockets', 'sockets', ports);
    const connections = Math.max(FEWEST_CONNECTIONS, Math.floor((descriptors - RESERVE - ports) / 2));
    this.tcpConnections = new Bound(
      'tcp_connections',
      'connections',
      Math.min(connections, MOST_CONNECTIONS),
    );
  }

  get bounds(): readonly Bound[] {
    return Object.values(this).filter((value): value is Bound => value instanceof Bound);
  }
}

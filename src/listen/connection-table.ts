// connection-table — the TCP connections of clients: which are open, which of them the backup holds, too, and what becomes of
// them when they are taken, handed on or ended.

import { ADDRESS_BYTES, close, peek, peerOf } from 'node-reuseport';
import type { ConnectionBackup, Passing, Position } from '../handover/connection-backup.ts';
import { ConnectionRecords } from '../handover/connection-records.ts';
import type { SharedConnections } from '../handover/handover.ts';
import { type Owner, Ownership } from '../handover/ownership.ts';
import type { Pace } from '../loop/sweeper.ts';
import { ClientConnection } from './client-connection.ts';
import { isIpv6 } from './client-source.ts';
import { ConnectionSources, type Source } from './connection-sources.ts';
import { KernelMemory } from './kernel-memory.ts';
import type { ConnectionKeeper, TcpContext, TcpParts } from './tcp-context.ts';
import { SLICE, Turns } from './turns.ts';

/** Connections that a source may keep. */
const MAX_PER_SOURCE = 256;
/** What part of all connections it may have for a moment: none of a burst of look-ups is refused. */
const BURST = 1 / 2;
/** A taker scans our memory within this time, milliseconds; until then its queries keep their cells. */
export const SCANNED = 3000;

/** Milliseconds between two looks at time limits from which on it is we who are late, and how long that is made up for at most. */
const HELD_UP = 3000;
const MOST_PATIENCE = 5000;
/** Milliseconds without a query after which a connection may be ended though it could stay: its client has its answer. */
const LEFT = 1000;
/** A client that has opened one, and has so much to do that it has not asked yet, waits no longer than that for its answer. */
const UNASKED = 5000;

export class ConnectionTable implements SharedConnections, Owner {
  readonly context: TcpContext;
  readonly records: ConnectionRecords;
  readonly ownership: Ownership;
  readonly #open = new Set<ClientConnection>();
  /** When they were, milliseconds of the monotonic clock: nothing has come on those that were active only then. */
  readonly #opened = new WeakMap<ClientConnection, number>();
  /** Those no other process holds yet. */
  readonly #untold = new Set<ClientConnection>();
  /** Answers clients have not read, and the backup has not been told of. */
  readonly #unkept = new Set<{ keep(): void }>();
  /** The backup that has been asked to say when it can be told more. */
  #telling: ConnectionBackup | undefined;
  /** Queries that our taker answers, and behind them the records that name them. */
  readonly #given: { readonly one: { release(): void }; readonly since: number }[] = [];
  readonly #sources = new ConnectionSources<ClientConnection>();
  readonly #turns: Turns;
  readonly #kernelMemory: KernelMemory;
  #looking = false;
  #sweeping = false;
  #sweptAt: number;
  /** Our own loop was held up, or we were stopped: clients have what time they lost by that. */
  #patientUntil = 0;

  constructor(parts: TcpParts) {
    this.records = new ConnectionRecords(parts.arena.records);
    this.ownership = new Ownership(parts.arena.fd, parts.journal, this);
    this.#sweptAt = parts.now();
    this.#kernelMemory = new KernelMemory(parts.budget.tcpBuffers);
    this.#turns = new Turns(parts.loop, parts.now, parts.onPanic);
    this.context = {
      ...parts,
      records: this.records,
      ownership: this.ownership,
      keepLater: (answers) => {
        this.#unkept.add(answers);
        this.#tellLater();
      },
      wrote: (bytes) => {
        if (this.#kernelMemory.isDue(bytes)) this.#lookLater();
      },
      tellLater: () => this.#tellLater(),
      release: (frame, given) => this.#release(frame, given),
      forget: (record, given) => this.forget(record, given),
    };
  }

  get all(): Iterable<ClientConnection> {
    return this.#open;
  }

  get count(): number {
    return this.#open.size;
  }

  get untold(): number {
    return this.#untold.size;
  }

  /** The process that is told of connections as they come; undefined while there is none. */
  get backup(): ConnectionBackup | undefined {
    const { backup } = this.ownership;
    return backup === undefined || backup.channel < 0 ? undefined : backup;
  }

  backUp(backup: ConnectionBackup): void {
    this.lost(); // to the one before
    this.ownership.backUp(backup);
    this.#untold.clear();
    for (const connection of this.#open) if (connection.record >= 0) this.#untold.add(connection);
    this.tellUntold();
  }

  tellUntold(): void {
    const unkept = [...this.#unkept];
    this.#unkept.clear();
    for (const answers of unkept) answers.keep();
    for (const connection of this.#untold) {
      if (!connection.canBeTold) continue;
      const { fd, record } = connection;
      if (!this.ownership.backup?.tell(fd, record, this.records.generation(record))) return this.#tellLater();
      this.#untold.delete(connection);
      connection.keepBehind();
    }
  }

  /** Tells of them; whether all is told, or there is no backup. */
  toldAll(): boolean {
    this.tellUntold();
    return this.backup === undefined || this.#untold.size + this.#unkept.size === 0;
  }

  /** Makes room for a connection from that client; false when there is none. @param peer its sockaddr */
  makeRoom(peer: Uint8Array): boolean {
    const { tcpConnections } = this.context.budget;
    const source = this.#sources.of(peer);
    const mustEnd = source.all.size >= Math.max(MAX_PER_SOURCE, tcpConnections.most * BURST);
    if (mustEnd) tcpConnections.refuse();
    if (mustEnd || (source.all.size >= MAX_PER_SOURCE && this.#hasLeft(source)))
      return this.#endIdlest(source);
    return tcpConnections.admits() || this.#endIdlest();
  }

  /**
   * Ends a connection that has been idle for a while, so that there is a descriptor more; false when there is none. For want of
   * a descriptor those that wait to be accepted can wait, or the twin accepts them: no query is cut off for that.
   */
  giveUpOne(): boolean {
    this.context.budget.tcpConnections.refuse();
    const idlest = this.#sources.idlest();
    return idlest !== undefined && this.#isLeft(idlest) && this.#endIdlest();
  }

  /** A connection that was just accepted. @param peer the sockaddr of its client  @param told the backup holds it already */
  add(fd: number, peer: Uint8Array, record: number, told: boolean): void {
    const connection = this.#add(fd, peer, record, undefined);
    if (record < 0 || told) return;
    this.#untold.add(connection);
    this.#tellLater();
  }

  adopt(fd: number, position: Position): ClientConnection | undefined {
    this.lost(); // first: with the others this one would be let go of, too, and their taker does not know of it
    const peer = new Uint8Array(ADDRESS_BYTES);
    if (peerOf(fd, peer) < 0) {
      close(fd);
      return undefined;
    }
    this.context.counters.events.tcpInherited++;
    const connection = this.#add(fd, peer, this.records.take(), position);
    if (connection.record >= 0) this.#untold.add(connection);
    this.#tellLater();
    return connection;
  }

  lost(): boolean {
    return this.ownership.lost();
  }

  relinquish(taker: ConnectionBackup): void {
    const takeBack = (fd: number, record: number) =>
      taker.takeBack(fd, record, this.records.generation(record));
    const keep = taker.tookInVain() ? takeBack : close;
    for (const connection of [...this.#open]) {
      if (connection.record < 0 || this.#untold.has(connection)) continue; // no other process can have it
      this.context.counters.events.tcpRelinquished++;
      connection.relinquish(keep);
    }
  }

  isUntold(record: number): boolean {
    return [...this.#untold].some((connection) => connection.record === record);
  }

  forget(record: number, given: boolean): void {
    const release = () => this.records.release(record);
    if (given) this.#giveLater({ release });
    else release();
  }

  /** Ends connections past one of their time limits. Returns how soon they are to be looked at again. */
  sweep(now: number): Pace {
    this.#sweep(now);
    return this.#open.size + this.#given.length > 0 ? 'soon' : 'seldom';
  }

  /** Touches no connection any more: the twin goes on with them once this process has ended. */
  pause(): void {
    for (const connection of this.#open) connection.pause();
    this.#turns.stop();
  }

  /** Passes on connections nothing is waited for on, or ends them; true when none is left. */
  drain(pass: (fd: number) => Passing): boolean {
    this.lost(); // what was taken is passed on by its taker
    for (const connection of [...this.#open]) connection.endIfIdle(pass);
    return this.#open.size === 0;
  }

  /** Ends all connections. */
  close(): void {
    for (const connection of [...this.#open]) connection.end();
    this.#turns.stop();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #add(fd: number, peer: Uint8Array, record: number, position: Position | undefined): ClientConnection {
    const source = this.#sources.of(peer);
    const { tcpConnections } = this.context.budget;
    const keeper: ConnectionKeeper = {
      ended: () => {
        tcpConnections.release();
        this.#open.delete(connection);
        this.#untold.delete(connection);
        this.#turns.leave(source, connection);
        this.#sources.remove(source, connection);
      },
      untold: () => {
        if (record >= 0) this.#untold.add(connection);
      },
      ready: () => this.#turns.await(source, connection),
    };
    const connection = new ClientConnection(
      fd,
      isIpv6(peer) ? 1 : 0,
      this.context.shares.of(peer, 0),
      record,
      this.context,
      keeper,
      position,
    );
    tcpConnections.take();
    if (this.#open.size === 0) this.#sweptAt = this.context.now(); // there was nothing to be swept before
    this.#open.add(connection);
    this.context.sweepLater();
    this.context.resting.begin(this.context.now()); // as long as it is open
    this.#opened.set(connection, connection.active);
    this.#sources.add(source, connection);
    return connection;
  }

  #sweep(now: number): void {
    const took = now - this.#sweptAt;
    this.#sweptAt = now;
    if (took > HELD_UP) this.#patientUntil = now + Math.min(took, MOST_PATIENCE);
    while (this.#given.length > 0 && now - this.#given[0]!.since > SCANNED)
      this.#given.shift()!.one.release();
    if (this.lost()) return;
    if (!this.#sweeping && now >= this.#patientUntil) {
      this.#sweeping = true;
      this.#inSlices(
        [...this.#open],
        (connection) => connection.sweep(now),
        () => {
          this.#sweeping = false;
        },
      );
      this.#endBursts();
    }
    this.#look();
  }

  #isLeft(connection: ClientConnection): boolean {
    return connection.isIdle && this.context.now() - connection.active > LEFT;
  }

  /** Whether it may be ended for another one of its source. */
  #isOver(connection: ClientConnection): boolean {
    if (!this.#isLeft(connection) || hasUnread(connection)) return false;
    const hasAsked = connection.active > this.#opened.get(connection)!;
    return hasAsked || this.context.now() - connection.active > UNASKED;
  }

  /** Whether a connection of it may be ended for another one; looked for once, and again when that may have changed. */
  #hasLeft(source: Source<ClientConnection>): boolean {
    const now = this.context.now();
    if (now < source.noneLeftUntil) return false;
    const idlest = this.#sources.idlest(source);
    if (idlest !== undefined && this.#isOver(idlest)) return true;
    const since = idlest?.isIdle ? Math.max(idlest.active, now - LEFT / 2) : now;
    source.noneLeftUntil = since + LEFT;
    return false;
  }

  /** What sources were granted for a moment they have to give back. */
  #endBursts(): void {
    for (const { all } of this.#sources.above(MAX_PER_SOURCE)) {
      const left = [...all].filter((connection) => this.#isOver(connection));
      left.sort((a, b) => a.active - b.active);
      this.#inSlices(left.slice(0, all.size - MAX_PER_SOURCE), (connection) => {
        if (!this.#isOver(connection)) return;
        this.context.counters.events.tcpMadeRoom++;
        connection.endIdle();
      });
    }
  }

  /** Of the source with the most connections, unless one is given. */
  #endIdlest(source?: Source<ClientConnection>): boolean {
    const { count } = this;
    const connection = this.#sources.idlest(source);
    connection?.endIdle();
    if (this.count === count) return false;
    this.context.counters.events.tcpMadeRoom++;
    return true;
  }

  /** Not now: a connection is being served. */
  #lookLater(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.context.loop.later(() => {
      this.#looking = false;
      if (!this.lost()) this.#look();
    });
  }

  /** Ends connections for which the kernel holds too much. */
  #look(): void {
    this.#inSlices(this.#kernelMemory.excess(this.#open), (connection) => {
      this.context.counters.events.tcpOverflowClosed++;
      connection.end('reset');
    });
  }

  /** Ending thousands of connections takes longer than clients shall wait. */
  #inSlices(
    connections: ClientConnection[],
    act: (connection: ClientConnection) => void,
    done: () => void = () => {},
  ): void {
    const end = this.context.now() + SLICE;
    for (const [i, connection] of connections.entries()) {
      act(connection);
      if (this.context.now() < end) continue;
      const rest = connections.slice(i + 1);
      return this.context.loop.inNextTurn(() => this.#inSlices(rest, act, done));
    }
    done();
  }

  #release(frame: { release(): void }, given: boolean): void {
    if (given) return this.#giveLater(frame);
    frame.release();
    this.context.counters.events.unansweredClients++;
  }

  /** Of a connection that another process has taken. */
  #giveLater(one: { release(): void }): void {
    this.#given.push({ one, since: this.context.now() });
    this.context.sweepLater();
  }

  #tellLater(): void {
    const { backup } = this.ownership;
    if (backup === undefined || this.#telling === backup) return;
    this.#telling = backup;
    backup.whenReady(() => {
      this.#telling = undefined;
      this.tellUntold();
    });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const firstByte = new Uint8Array(1);

/** Whether something of its client has come that we have not come to: we may have been held up. */
function hasUnread({ fd }: ClientConnection): boolean {
  return peek(fd, firstByte, 0, 1) > 0;
}

// tcp-server — accepts connections on our addresses, within limits, and ends those that are idle or stuck.

import { ADDRESS_BYTES, type Arena, accept, close, formatAddress, peerOf, UNTOLD } from 'node-reuseport';
import type { Counters } from '../counters.ts';
import type { Inherited, Passing, Protection } from '../handover/connection-backup.ts';
import { ConnectionRecords } from '../handover/connection-records.ts';
import type { Journal } from '../handover/journal.ts';
import { type Owner, Ownership } from '../handover/ownership.ts';
import type { ParkedCells } from '../handover/parked-cells.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import type { Service } from '../serve.ts';
import type { AnswerStream } from './answer-stream.ts';
import { ServerConnection } from './client-connection.ts';
import type { ParkedFrame } from './parked-frame.ts';
import type { TcpContext, TcpParts } from './tcp-context.ts';
import { TcpListener } from './tcp-listener.ts';

/** RFC 9210 section 4.5 suggests a total and a cap a source; a node's pods are many, each needs few. */
const MAX_CONNECTIONS = 2000;
const MAX_PER_SOURCE = 256;
/** Milliseconds in which another process is sure to have seen what is its to answer. */
const OTHERS = 3000;

export class TcpServer implements TcpContext, Owner {
  readonly arena: Arena;
  readonly parking: ParkedCells;
  readonly journal: Journal;
  readonly service: Service;
  readonly counters: Counters;
  readonly loop: EventLoop;
  readonly now: () => number;
  readonly onPanic: (error: unknown) => void;
  readonly records: ConnectionRecords;
  readonly ownership: Ownership;
  readonly #connections = new Set<ServerConnection>();
  /** Those nobody else holds yet. */
  readonly #untold = new Set<ServerConnection>();
  /** Queries that another process answers, and behind them the records that name them. */
  readonly #others: { readonly one: { release(): void }; readonly since: number }[] = [];
  /** Has been asked to say when it can be told more. */
  #telling: Protection | undefined;
  /** Whose backlog nobody else holds yet. */
  readonly #behind = new Set<AnswerStream>();
  readonly #perSource = new Map<string, number>();
  readonly #peer = new Uint8Array(ADDRESS_BYTES);

  constructor(parts: TcpParts) {
    this.arena = parts.arena;
    this.parking = parts.parking;
    this.journal = parts.journal;
    this.service = parts.service;
    this.counters = parts.counters;
    this.loop = parts.loop;
    this.now = parts.now;
    this.onPanic = parts.onPanic;
    this.records = new ConnectionRecords(parts.arena.records);
    this.ownership = new Ownership(parts.arena.fd, parts.journal, this);
  }

  /** From now on `protection` holds our connections, too. */
  protect(protection: Protection): void {
    this.lost(); // by the one before; later it may still find that it thought us stuck
    this.ownership.protect(protection);
    this.#untold.clear();
    for (const connection of this.#connections) if (connection.record >= 0) this.#untold.add(connection);
    this.tellUntold();
  }

  /** Tells of connections that could not be told of before, as far as that is possible now; the rest later. */
  tellUntold(): void {
    const { records } = this;
    const behind = [...this.#behind];
    this.#behind.clear();
    for (const answers of behind) answers.keep();
    for (const connection of this.#untold) {
      const { fd, record } = connection;
      if (!this.ownership.protection?.tell(fd, record, records.generation(record))) return this.#tellLater();
      this.#untold.delete(connection);
      connection.keepBehind();
    }
  }

  /** Tells of them; whether all is told, or there is nobody to tell. */
  toldAll(): boolean {
    this.tellUntold();
    return (this.ownership.protection?.channel ?? -1) < 0 || this.#untold.size + this.#behind.size === 0;
  }

  /** Who accepts connections of a listening socket, which stays its owner's. */
  listen(fd: number): TcpListener {
    return new TcpListener(fd, this.loop, () => this.#accept(fd));
  }

  /** Goes on with a connection that another process has served; it is ours from now on. Undefined when it is broken. */
  inherit(fd: number, inherited: Inherited): ServerConnection | undefined {
    this.lost(); // see #accept
    if (peerOf(fd, this.#peer) < 0) {
      close(fd);
      return undefined;
    }
    this.counters.events.tcpInherited++;
    const connection = this.#open(fd, this.records.take(), inherited);
    if (connection.record >= 0) this.#untold.add(connection);
    this.#tellLater();
    return connection;
  }

  get all(): Iterable<ServerConnection> {
    return this.#connections;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get untold(): number {
    return this.#untold.size;
  }

  lost(): boolean {
    return this.ownership.lost();
  }

  relinquish(taker: Protection): void {
    const takeBack = (fd: number, record: number) =>
      taker.takeBack(fd, record, this.records.generation(record));
    const keep = taker.tookInVain() ? takeBack : close;
    for (const connection of [...this.#connections]) {
      if (connection.record < 0 || this.#untold.has(connection)) continue; // nobody else can have it
      this.counters.events.tcpRelinquished++;
      connection.relinquish(keep);
    }
  }

  isUntold(record: number): boolean {
    return [...this.#untold].some((connection) => connection.record === record);
  }

  keepLater(answers: AnswerStream): void {
    this.#behind.add(answers);
    this.#tellLater();
  }

  release(frame: ParkedFrame, given: boolean): void {
    if (given) return void this.#others.push({ one: frame, since: this.now() });
    frame.release();
    this.counters.events.unansweredClients++;
  }

  forget(record: number, given: boolean): void {
    if (given) this.#others.push({ one: { release: () => this.records.release(record) }, since: this.now() });
    else this.records.release(record);
  }

  /** Ends connections past one of their time limits; called a few times a second. */
  sweep(now: number): void {
    while (this.#others.length > 0 && now - this.#others[0]!.since > OTHERS)
      this.#others.shift()!.one.release();
    if (this.lost()) return;
    for (const connection of this.#connections) connection.sweep(now);
  }

  /** Touches no connection any more: another process goes on with them once this one has ended. */
  pause(): void {
    for (const connection of this.#connections) connection.pause();
  }

  /** Passes on connections nothing is waited for on, or ends them; true when none is left. */
  drain(pass: (fd: number) => Passing): boolean {
    this.lost(); // what was taken is passed on by who has it
    for (const connection of [...this.#connections]) connection.endIfIdle(pass);
    return this.#connections.size === 0;
  }

  /** Ends all connections. */
  close(): void {
    for (const connection of [...this.#connections]) connection.end();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** False when there is none to accept. */
  #accept(listener: number): boolean {
    // First: with what was taken this one would be let go of, too, and whoever took the rest does not know of it.
    this.lost();
    const record = this.records.take();
    const protection =
      record >= 0 && (this.ownership.protection?.channel ?? -1) >= 0 ? this.ownership.protection : undefined;
    const accepted =
      protection === undefined
        ? accept(listener, this.#peer)
        : accept(
            listener,
            this.#peer,
            protection.channel,
            protection.announcement(record, this.records.nextGeneration(record)),
          );
    if (accepted < 0) {
      if (record >= 0) this.records.release(record);
      return false; // none left, or no descriptor: the queue keeps them until there is one
    }
    this.#admit(accepted & ~UNTOLD, record, protection === undefined || (accepted & UNTOLD) !== 0);
    return true;
  }

  #admit(fd: number, record: number, untold: boolean): void {
    const { address } = formatAddress(this.#peer, 0);
    const { events } = this.counters;
    if (this.#connections.size >= MAX_CONNECTIONS || (this.#perSource.get(address) ?? 0) >= MAX_PER_SOURCE) {
      events.tcpRefused++;
      this.#turnAway(fd, record);
      return close(fd);
    }
    events.tcpAccepted++;
    const connection = this.#open(fd, record, undefined);
    if (record >= 0 && untold) {
      this.#untold.add(connection);
      this.#tellLater();
    }
    if (record < 0) events.unprotectedConnections++;
  }

  /** Ends it for whoever was told of it, too; unless that one has taken it meanwhile. */
  #turnAway(fd: number, record: number): void {
    const { ownership, records } = this;
    if (!ownership.enter(record)) return this.forget(record, true);
    if (record >= 0) records.refuse(record);
    ownership.shutdown(record, fd);
    ownership.leave();
  }

  #open(fd: number, record: number, inherited: Inherited | undefined): ServerConnection {
    const { address, family } = formatAddress(this.#peer, 0);
    this.#perSource.set(address, (this.#perSource.get(address) ?? 0) + 1);
    const ended = () => {
      this.#connections.delete(connection);
      this.#untold.delete(connection);
      const left = this.#perSource.get(address)! - 1;
      if (left > 0) this.#perSource.set(address, left);
      else this.#perSource.delete(address);
    };
    const connection = new ServerConnection(fd, family === 6 ? 1 : 0, record, this, ended, inherited);
    this.#connections.add(connection);
    return connection;
  }

  #tellLater(): void {
    const protection = this.ownership.protection;
    if (protection === undefined || this.#telling === protection) return;
    this.#telling = protection;
    protection.whenReady(() => {
      this.#telling = undefined;
      this.tellUntold();
    });
  }
}

// http-server — an HTTP port for small questions: few connections, shared out by source, and a newcomer always gets a place.
//
// When a source has its share, or all places are taken, a connection makes room: one of the source with most, the one that has
// waited longest for its client. So clients that hold connections shut out themselves, and a kubelet is heard.

import { ADDRESS_BYTES, accept, close, describe, EAGAIN, listenTcp, READABLE } from 'node-reuseport';
import type { Bound } from '../budget.ts';
import type { Endpoint } from '../config.ts';
import { clientSource } from '../listen/client-source.ts';
import { EventLoop } from '../loop/event-loop.ts';
import { Sweeper } from '../loop/sweeper.ts';
import { HttpConnection, phases, type Reply, type Request } from './http-connection.ts';

export interface HttpServer {
  /** With the port that was given, if 0 was asked for. */
  readonly endpoint: Endpoint;
  stop(): void;
}

export interface HttpSettings {
  /** The twin has the same port, and either of them answers; its address may be made by an instance, and come later. */
  readonly shared?: boolean;
  readonly bound: Bound;
  /** Connections of one source. */
  readonly share: number;
  readonly now: () => number;
  readonly onPanic: (error: unknown) => void;
}

/** @throws an Error with `code` (EADDRINUSE, EACCES …); nothing is left open then */
export function serveHttp(
  endpoint: Endpoint,
  { bound, share, now, onPanic, shared = false }: HttpSettings,
  answer: (request: Request) => Promise<Reply>,
): HttpServer {
  const listener = listenTcp({
    ...endpoint,
    reusePort: shared,
    freeBind: shared,
    ipv6Only: false,
    backlog: BACKLOG,
  });
  const loop = new EventLoop(onPanic, RESERVE);
  const connections = new Set<HttpConnection>(); // oldest first
  const peer = new Uint8Array(ADDRESS_BYTES);
  /** When work began in this turn of the loop. What is not done then is ready in the next one still. */
  let began: number | undefined;
  const mayWork = () => {
    if (began === undefined) {
      began = now();
      loop.later(() => {
        began = undefined;
      });
    }
    return now() - began < SLICE;
  };
  const given = {
    loop,
    now,
    mayWork,
    answer,
    ended: (connection: HttpConnection) => {
      connections.delete(connection);
      bound.release();
    },
  };

  function makeRoom(source: string): void {
    const held = new Map<string, HttpConnection[]>();
    for (const connection of connections) {
      const of = held.get(connection.source);
      if (of === undefined) held.set(connection.source, [connection]);
      else of.push(connection);
    }
    const own = held.get(source) ?? [];
    const isFull = !bound.hasRoom();
    if (own.length < share && !isFull) return;
    bound.refuse();
    const most =
      own.length >= share ? own : [...held.values()].reduce((a, b) => (b.length > a.length ? b : a));
    for (const phase of phases) {
      const idlest = most.find((connection) => connection.phase === phase);
      if (idlest !== undefined) return idlest.end();
    }
  }

  function acceptSome(): void {
    for (let i = 0; i < ACCEPTS && mayWork(); i++) {
      const fd = accept(listener, peer);
      if (fd < 0) {
        if (fd !== -EAGAIN) rest();
        return;
      }
      const source = clientSource(peer);
      makeRoom(source);
      try {
        connections.add(new HttpConnection(fd, source, given));
        bound.take();
        sweeper.wake();
      } catch (error) {
        close(fd);
        throw error;
      }
    }
  }

  /** Out of descriptors or memory: what waits is taken when that may have passed. */
  let resting: NodeJS.Timeout | undefined;
  function rest(): void {
    loop.modify(listener, 0, watchId);
    resting = setTimeout(() => loop.modify(listener, READABLE, watchId), REST);
  }

  const watchId = loop.watch(listener, READABLE, { ready: acceptSome }, 'vital');
  const sweeper = new Sweeper(() => {
    const at = now();
    for (const connection of [...connections]) if (connection.isOverdue(at)) connection.end();
    loop.retry();
    return connections.size > 0 || loop.isShort ? 'soon' : undefined;
  });
  if (loop.isShort) sweeper.wake();
  return {
    endpoint: { address: endpoint.address, port: describe(listener).port },
    stop() {
      sweeper.stop();
      clearTimeout(resting);
      for (const connection of [...connections]) connection.end();
      loop.unwatch(listener, watchId);
      close(listener);
      loop.close();
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Connections that may wait to be accepted. */
const BACKLOG = 64;
/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 4;
/** Milliseconds of a turn of the loop. */
const SLICE = 1;
/** Milliseconds until another try where none can be accepted. */
const REST = 100;
/** Connections that can be watched though clients of DNS have left no watch: probes come, and are gone. */
const RESERVE = 2;

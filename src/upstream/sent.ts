// sent — what was sent for one question, newest first: a chain by `earlier`, of which most are over.

import type { Asked, Exchange, Transport } from './exchange.ts';
import type { AnsweredBy } from './waiter.ts';

/** Whether something that was sent may still be answered: by this server, by this transport. */
export function isAwaited(latest: Exchange | undefined, upstream?: Asked, transport?: Transport): boolean {
  for (let sent = latest; sent !== undefined; sent = sent.earlier) {
    if (!sent.over && isTo(sent, upstream, transport)) return true;
  }
  return false;
}

/** How often this server was asked, by this transport. */
export function timesAsked(latest: Exchange | undefined, upstream: Asked, transport?: Transport): number {
  let times = 0;
  for (let sent = latest; sent !== undefined; sent = sent.earlier) {
    if (isTo(sent, upstream, transport)) times++;
  }
  return times;
}

/** When this server was asked first; undefined: it was not. */
export function askedSince(latest: Exchange | undefined, upstream: Asked): number | undefined {
  let since: number | undefined;
  for (let sent = latest; sent !== undefined; sent = sent.earlier) {
    if (sent.upstream === upstream) since = sent.started;
  }
  return since;
}

/** Whether a connection carries it to this server: nothing is sent twice on one that lives. */
export function isOnStream(latest: Exchange | undefined, upstream: Asked): boolean {
  for (let sent = latest; sent !== undefined; sent = sent.earlier) {
    if (!sent.over && sent.upstream === upstream && sent.transport !== 'udp') return true;
  }
  return false;
}

/** Of servers in their order that which was asked least, but for those that a connection carries it to. */
export function leastAsked<Server extends Asked>(
  latest: Exchange | undefined,
  servers: readonly Server[],
): Server | undefined {
  let best: Server | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const server of servers) {
    if (isOnStream(latest, server)) continue;
    const times = timesAsked(latest, server);
    if (times >= fewest) continue;
    best = server;
    fewest = times;
  }
  return best;
}

/** What is told of the one that was answered. */
export function answeredBy({ upstream, transport, started, earlier }: Exchange, now: number): AnsweredBy {
  let sends = 1;
  for (let sent = earlier; sent !== undefined; sent = sent.earlier) sends++;
  return { server: upstream.name, transport, ms: now - started, sends };
}

/** Nothing more is waited for, from this server or any. */
export function cancelAll(latest: Exchange | undefined, upstream?: Asked): void {
  for (let sent = latest; sent !== undefined; sent = sent.earlier) {
    if (isTo(sent, upstream)) sent.cancel();
  }
}

function isTo(sent: Exchange, upstream?: Asked, transport?: Transport): boolean {
  return sent.upstream === (upstream ?? sent.upstream) && sent.transport === (transport ?? sent.transport);
}

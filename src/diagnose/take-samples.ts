// take-samples — looks at both instances twice, and at servers, twins, clock and clients in between; all at the same time, since a
// person waits.

import { setTimeout as pause } from 'node:timers/promises';
import { type Slot, slots } from '../config.ts';
import { noneCalled } from '../control/call-both.ts';
import type { Call } from '../control/call-instance.ts';
import { messageOf } from '../errors.ts';
import { TYPE_A } from '../message/message.ts';
import { parseEndpoint } from '../options/endpoint.ts';
import type { InstanceStatus } from '../status.ts';
import { tryServers } from './ask-servers.ts';
import { lookAtClock } from './clock.ts';
import { compareTwins, namesOf, QUICK } from './compare-twins.ts';
import { probeOurselves } from './own-probes.ts';
import type { Moment, Samples } from './samples.ts';

/** Names among which one with an address is looked for. */
const LOOKS = 20;
/** Rows of each kind that are looked at of who asks for what. */
const ROWS = 5;
/** Milliseconds for what was begun to end before the last look. */
const SETTLED = 100;
/** Servers that are asked for the signature of the root. */
const CLOCK_SERVERS = 3;

/** @param now milliseconds since 1970  @throws TwindnsError NO_INSTANCE where neither instance can be asked */
export async function takeSamples(call: Call, seconds: number, now: () => number): Promise<Samples> {
  const before = await lookAtBoth(call);
  const running = statusesOf(before);
  if (running.length === 0) throw noneCalled(before.map(({ slot, error = '' }) => ({ slot, error })));
  const began = performance.now();
  const server = (running[0]!.listen[0]?.address ?? '').replace(/\/(udp|tcp)$/, '');
  const endpoint = parseEndpoint(server, 53);
  const alive = slots.filter((slot) => before.some((moment) => moment.slot === slot && moment.status));
  const name = await cachedName(call, alive);
  const [servers, twins, probes, top, clock] = await Promise.all([
    tryServers(running),
    alive.length < 2 ? { asked: 0, differing: [] } : compareTwins(call),
    endpoint === undefined || name === undefined
      ? noProbes
      : probeOurselves(endpoint, name, seconds * 1000 - 2 * SETTLED),
    Promise.all(alive.map((slot) => watched(call, slot, seconds))),
    lookAtClock(serversOfRoot(running), Math.floor(now() / 1000)),
  ]);
  await pause(Math.max(SETTLED, seconds * 1000 - (performance.now() - began)));
  const after = await lookAtBoth(call);
  return { seconds, before, after, servers, twins, probes: { server, ...probes }, clock, top: top.flat() };
}

export function statusesOf(moments: readonly Moment[]): InstanceStatus[] {
  return moments.flatMap(({ status }) => status ?? []);
}

// ---------------------------------------------------------------------------------------------------------------------

const noProbes = { asked: 0, answered: 0, medianMs: null, worstMs: null };

function lookAtBoth(call: Call): Promise<Moment[]> {
  return Promise.all(slots.map((slot) => momentOf(call, slot)));
}

async function momentOf(call: Call, slot: Slot): Promise<Moment> {
  try {
    const status = await call(slot, 'status', {}, QUICK);
    return { slot, status, facts: await call(slot, 'facts', {}, QUICK) };
  } catch (error) {
    return { slot, error: messageOf(error) };
  }
}

/** The latest of which an instance has an address; undefined where there is none. */
async function cachedName(call: Call, alive: readonly Slot[]): Promise<string | undefined> {
  const heard = await Promise.all(alive.map((slot) => namesOf(call, slot, LOOKS)));
  const found = heard.flat().find(({ type }) => type === TYPE_A);
  return found?.name.replace(/(.)\.$/, '$1');
}

/** None where another command watches, or the instance cannot be asked. */
async function watched(call: Call, slot: Slot, seconds: number) {
  const window = Math.max(1, seconds - 1);
  try {
    return [await call(slot, 'top', { seconds: window, most: ROWS }, (window + 5) * 1000)];
  } catch {
    return [];
  }
}

function serversOfRoot(running: readonly InstanceStatus[]): string[] {
  const routes = running.flatMap(({ routes }) => routes).filter(({ zone }) => zone === '.');
  const servers = routes.flatMap(({ upstreams }) => upstreams.filter(({ transport }) => transport !== 'tls'));
  return [...new Set(servers.map(({ endpoint }) => endpoint))].slice(0, CLOCK_SERVERS);
}

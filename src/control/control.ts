// control — what an instance does for the commands of its operator: it answers, shows, flushes and tells.

import type { Log } from '../log/log.ts';
import type { Resolver } from '../resolver.ts';
import type { InstanceStatus } from '../status.ts';
import { TopWindow } from '../top/top-window.ts';
import type { WireName } from '../zone/question.ts';
import { foldName, parseName } from '../zone/wire-name.ts';
import { flushName, type Kept, lastNames, showName } from './cached-names.ts';
import { type ControlConfig, type ControlServer, serveControl } from './control-server.ts';
import { ExpectedClients } from './expected-clients.ts';
import { readFacts } from './facts.ts';
import { askInside } from './local-client.ts';
import type { Action, Replies, Request, Requests } from './protocol.ts';

/** What it is done with. */
export interface Controlled extends Pick<Resolver, 'inside'> {
  status(): InstanceStatus;
}

export function startControl(config: ControlConfig, controlled: Controlled, log: Log): ControlServer {
  const doers = doersOf(controlled, log);
  return serveControl(config, log, (request) => doIt(doers, request));
}

// ---------------------------------------------------------------------------------------------------------------------

type Doers = { readonly [A in Action]: (request: Requests[A]) => Promise<Replies[A]> };

async function doIt(doers: Doers, request: Request): Promise<object> {
  return doers[request.do](request as never);
}

function doersOf({ inside, status }: Controlled, log: Log): Doers {
  const kept: Kept = {
    cache: inside.cache,
    now: inside.now,
    zoneName: (index) => inside.service.zoneAt(index)?.name ?? '?',
  };
  const window = new TopWindow(inside);
  const clients = new ExpectedClients(inside);
  return {
    ask: ({ query }) => askInside(inside, Buffer.from(query, 'base64')),
    show: ({ name }) => showName(kept, nameOf(name)),
    async flush({ name, zone }) {
      const reply = await flushName(kept, nameOf(name), zone);
      log.info('the cache was flushed by a command', { ...(zone ? { zone: name } : { name }), ...reply });
      return reply;
    },
    names: async ({ most }) => lastNames(kept, most),
    async expect({ port }) {
      clients.expect(port);
      return {};
    },
    came: async ({ port }) => ({ came: clients.hasCome(port) }),
    top: ({ seconds, most }) => window.watch(seconds * 1000, most),
    status: async () => status(),
    facts: async () => readFacts(inside),
  };
}

function nameOf(text: string): WireName {
  const name = parseName(text);
  if (name === undefined) throw new Error(`${JSON.stringify(text)} is not a domain name`);
  return foldName(name);
}

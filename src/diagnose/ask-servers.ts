// ask-servers — asks each server of a pair directly, over UDP and TCP: what the network and the server do without us.

import { askTcp, askUdp, type Patience } from '../ask/ask-server.ts';
import { encodeQuery } from '../ask/question.ts';
import { messageOf } from '../errors.ts';
import { parseEndpoint } from '../options/endpoint.ts';
import type { InstanceStatus } from '../status.ts';
import { rcodeIn } from './reply-facts.ts';

export interface ServerTrial {
  /** `192.0.2.1:53` */
  readonly server: string;
  /** By which the instances ask it. */
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly zones: readonly string[];
  /** Null where it is not asked so: one of TLS takes nothing else. */
  readonly udp: Tries | null;
  readonly tcp: Tries | null;
}

export interface Tries {
  readonly asked: number;
  readonly answered: number;
  /** Milliseconds, of those that were answered. */
  readonly medianMs: number | null;
  /** RCODEs, and why there was no answer; each once. */
  readonly said: readonly string[];
}

/** Of each transport. */
const TRIES = 3;
const PATIENCE: Patience = { tries: 1, ms: 1500 };
/** More servers are not asked. */
const MOST = 32;

export async function tryServers(running: readonly InstanceStatus[]): Promise<readonly ServerTrial[]> {
  const servers = new Map<string, { transport: ServerTrial['transport']; zones: Set<string> }>();
  for (const { zone, upstreams } of running.flatMap(({ routes }) => routes)) {
    for (const { endpoint, transport } of upstreams) {
      const known = servers.get(endpoint) ?? { transport, zones: new Set<string>() };
      servers.set(endpoint, known);
      known.zones.add(zone);
    }
  }
  const trials = [...servers].slice(0, MOST).map(async ([server, { transport, zones }]) => {
    const [zone = '.'] = zones;
    const isTls = transport === 'tls';
    const [udp, tcp] = await Promise.all([
      isTls ? null : tries(server, zone, askUdp),
      isTls ? null : tries(server, zone, askTcp),
    ]);
    return { server, transport, zones: [...zones], udp, tcp };
  });
  return Promise.all(trials);
}

/** To a tenth; null of none. */
export function medianOf(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? null : Math.round(middle * 10) / 10;
}

// ---------------------------------------------------------------------------------------------------------------------

async function tries(server: string, zone: string, ask: typeof askUdp): Promise<Tries> {
  const endpoint = parseEndpoint(server, 53);
  const took: number[] = [];
  const said = new Set<string>();
  for (let i = 0; i < TRIES && endpoint !== undefined; i++) {
    const started = performance.now();
    try {
      const query = encodeQuery({ name: zone.replace(/(.)\.$/, '$1'), type: 'SOA', dnssec: false });
      const reply = await ask(query, endpoint, PATIENCE);
      took.push(performance.now() - started);
      said.add(rcodeIn(reply));
    } catch (error) {
      said.add(reasonIn(messageOf(error)));
    }
  }
  return { asked: TRIES, answered: took.length, medianMs: medianOf(took), said: [...said] };
}

/** Of an error of `ask-server`: what stands between the server and the advice. */
function reasonIn(message: string): string {
  return message.replace(/^no answer from \S+ over (udp|tcp): /, '').replace(/\. Name another .*$/s, '');
}

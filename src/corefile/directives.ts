// directives — every directive that is known, in the order in which CoreDNS runs through them: what reads it, or what to do
// instead. The order of lines in a block means nothing; guards and steps run in the order of this table.

import type { Pieces } from '../pieces.ts';
import type { Step } from '../zone/step.ts';
import { readAcl } from './acl.ts';
import { readAny } from './any.ts';
import { readAutopath } from './autopath.ts';
import { readBind } from './bind.ts';
import type { BlockParts } from './block-parts.ts';
import { readBufsize } from './bufsize.ts';
import { readCache } from './cache.ts';
import { readChaos } from './chaos.ts';
import type { Directive } from './directive.ts';
import { readDns64 } from './dns64.ts';
import { readErrors } from './errors.ts';
import { readForwards } from './forward.ts';
import { readHeader } from './header.ts';
import { readHealth } from './health.ts';
import { readHosts } from './hosts.ts';
import { readLoadbalance } from './loadbalance.ts';
import { readLocal } from './local.ts';
import { readLog } from './log.ts';
import { readLoop } from './loop.ts';
import { readMinimal } from './minimal.ts';
import { readNodecache } from './nodecache.ts';
import { readNsid } from './nsid.ts';
import { readPrometheus } from './prometheus.ts';
import { readReady } from './ready.ts';
import { readReload } from './reload.ts';
import { readRewrites } from './rewrite.ts';
import { readRoot } from './root.ts';
import { readTemplates } from './template.ts';
import { readView } from './view.ts';
import { readWhoami } from './whoami.ts';
import {
  readCancel,
  readDebug,
  readMetadata,
  readMultisocket,
  readPprof,
  readServerTls,
  readTimeouts,
  readTrace,
} from './without-effect.ts';

/** Reads all lines of its name in a block, of which there is at least one. */
type Read = (directives: readonly Directive[], parts: BlockParts) => void | Pieces<void>;

export interface KnownDirective {
  readonly name: string;
  /** A sentence where it makes no sense here: what to do instead. */
  readonly read: Read | string;
}

const table: readonly (readonly [name: string, read: Read | string])[] = [
  ['root', (all, parts) => parts.set({ root: readRoot(all, parts.faults) })],
  ['metadata', (all, { faults }) => readMetadata(all, faults)],
  ['geoip', 'where clients are is not known here: let the server do it that is forwarded to.'],
  ['cancel', (all, { faults }) => readCancel(all, faults)],
  ['tls', (all, { faults }) => readServerTls(all, faults)],
  ['quic', 'clients are served over UDP and TCP alone: take it out.'],
  ['https', 'clients are served over UDP and TCP alone: take it out.'],
  ['https3', 'clients are served over UDP and TCP alone: take it out.'],
  ['grpc_server', 'clients are served over UDP and TCP alone: take it out.'],
  ['timeouts', (all, { faults }) => readTimeouts(all, faults)],
  ['multisocket', (all, { faults }) => readMultisocket(all, faults)],
  ['reload', (all, parts) => parts.set({ reload: readReload(all, parts.faults) })],
  ['nsid', (all, parts) => parts.set({ nsid: readNsid(all, parts) })],
  ['bufsize', (all, parts) => parts.set({ udpSize: readBufsize(all, parts.faults) })],
  ['bind', (all, parts) => parts.set({ bind: readBind(all, parts) })],
  ['debug', (all, { faults }) => readDebug(all, faults)],
  ['trace', (all, { faults }) => readTrace(all, faults)],
  ['ready', (all, parts) => parts.serves(readReady(all, parts.faults))],
  ['health', (all, parts) => parts.serves(readHealth(all, parts.faults))],
  ['pprof', (all, { faults }) => readPprof(all, faults)],
  ['prometheus', (all, parts) => parts.serves(readPrometheus(all, parts.faults))],
  ['errors', (all, parts) => parts.set({ errors: readErrors(all, parts.faults) })],
  ['log', (all, parts) => parts.set({ queryLogs: readLog(all, parts.faults) })],
  ['dnstap', 'queries are told in the log, with `log`.'],
  ['local', (all, parts) => parts.step(readLocal(all, parts.faults))],
  ['dns64', (all, parts) => parts.step(readDns64(all, parts.faults))],
  ['any', (all, parts) => parts.guard(readAny(all, parts.faults))],
  ['chaos', (all, parts) => parts.guard(readChaos(all, parts))],
  ['loadbalance', (all, parts) => parts.set({ order: readLoadbalance(all, parts) })],
  ['tsig', 'messages are not signed here: let the server do it that is forwarded to.'],
  ['rewrite', stepBy((all, { faults }) => readRewrites(all, faults))],
  ['autopath', (all, parts) => parts.step(readAutopath(all, parts))],
  ['acl', acl],
  ['cache', (all, parts) => parts.set({ cache: readCache(all, parts.faults) })],
  ['header', header],
  ['dnssec', 'answers are not signed here: serve the zone elsewhere and forward it there.'],
  ['minimal', (all, parts) => parts.step(readMinimal(all, parts.faults))],
  ['template', stepBy(readTemplates)],
  ['transfer', 'zones are not transferred here: let the server do it that has the zone.'],
  ['hosts', stepBy(readHosts)],
  ['route53', elsewhere('the servers of the zone')],
  ['azure', elsewhere('the servers of the zone')],
  ['clouddns', elsewhere('the servers of the zone')],
  ['k8s_external', elsewhere('the cluster DNS')],
  ['k8s_gateway', elsewhere('the cluster DNS')],
  ['kubernetes', elsewhere('the cluster DNS')],
  ['file', elsewhere('the server that has the zone')],
  ['auto', elsewhere('the server that has the zones')],
  ['secondary', elsewhere('the server that has the zone')],
  ['etcd', elsewhere('the server that has the zone')],
  ['nomad', elsewhere('the server that has the zone')],
  ['loop', (all, parts) => parts.set({ detectsLoops: readLoop(all, parts.faults) })],
  ['forward', forward],
  ['grpc', 'servers are asked over DNS or TLS: use `forward`.'],
  ['proxy', 'it is an old name: use `forward`.'],
  ['fanout', 'servers are not all asked at once: use `forward` with several of them.'],
  ['alternate', 'use `next` in the block of `forward`.'],
  ['fallback', 'use `next` in the block of `forward`.'],
  ['kubeforward', 'use `forward` with the address of the cluster DNS.'],
  ['unbound', 'names are not resolved from the root here: use `forward` with a server that does.'],
  ['erratic', 'it is a server for tests: take it out.'],
  ['whoami', whoami],
  ['on', 'no programs are run here: take it out.'],
  ['sign', 'zones are not signed here: serve the zone elsewhere and forward it there.'],
  ['view', (all, parts) => parts.set({ view: readView(all, parts.faults) })],
  ['nodecache', (all, parts) => parts.set({ keepsInterface: readNodecache(all, parts.faults) })],
];

export const knownDirectives: ReadonlyMap<string, KnownDirective> = new Map(
  table.map(([name, read]) => [name, { name, read }]),
);

/** What a word in the place of a directive may have been meant to be. */
export const directiveNames: readonly string[] = [...table.map(([name]) => name), 'import'];

// ---------------------------------------------------------------------------------------------------------------------

function elsewhere(where: string): string {
  return `zones are not made here: forward them to ${where}, with \`forward ZONE ADDRESS\`.`;
}

function header(all: readonly Directive[], parts: BlockParts): void {
  const { query, response } = readHeader(all, parts.faults);
  parts.step(query);
  parts.set({ flags: response });
}

/** Of those that may have many lines. */
function stepBy(
  read: (directives: readonly Directive[], parts: BlockParts) => Pieces<Step | undefined>,
): Read {
  return function* (all, parts) {
    parts.step(yield* read(all, parts));
  };
}

function* acl(all: readonly Directive[], parts: BlockParts): Pieces<void> {
  parts.guard(yield* readAcl(all, parts.faults));
}

function* forward(all: readonly Directive[], parts: BlockParts): Pieces<void> {
  parts.set({ forwards: yield* readForwards(all, parts) });
}

/** It is the last to answer: as a guard where nothing else can. */
function whoami(all: readonly Directive[], parts: BlockParts): void {
  const isAlone = parts.steps.length === 0 && parts.settings.forwards === undefined;
  parts[isAlone ? 'guard' : 'step'](readWhoami(all, parts.faults));
}

// show-plan — a plan as people read it: where is listened, and for each zone what happens to its names.

import { formatEndpoint } from '../config.ts';
import { showZone } from '../corefile/zone-name.ts';
import { printable } from '../log/log.ts';
import { formatDuration } from '../options/duration.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { ForwardPlan } from '../plan/forward-plan.ts';
import type { LogPlan } from '../plan/log-plan.ts';
import type { AdminPlan, BlockPlan, ListenerPlan, Plan, ZonePlan } from '../plan/plan.ts';

/** @param file the Corefile: places in it are told by their lines alone */
export function showPlan(plan: Plan, file: string): string {
  const groups = sameZones(plan.listeners);
  const lines = [
    `${file} is taken.`,
    ...groups.flatMap(({ at, zones }) => ['', at.join(', '), ...zonesText(zones, file)]),
    ...(groups.length === 0 ? ['', 'No zone is served.'] : []),
    ...section('pages', plan.admin.map(adminText)),
    ...section('the node', nodecacheText(plan)),
    ...section('reload', plan.reload ? [reloadText(plan.reload)] : ['the file is not looked at again']),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** `the servers of /etc/resolv.conf and 192.0.2.1:53 over TCP, in random order`. */
export function forwardText({
  from,
  except,
  servers,
  files,
  transport,
  policy,
  ...rest
}: ForwardPlan): string {
  const to = [
    ...servers.map(
      ({ endpoint, protocol }) => `${protocol === 'tls' ? 'tls://' : ''}${formatEndpoint(endpoint)}`,
    ),
    ...files.map((path) => `the servers of ${path}`),
  ];
  const manner = rest.tls === undefined ? transports[transport] : 'over TLS';
  return [
    `${showZone(from)} to ${to.join(', ')} ${manner}`,
    ...(to.length > 1 || files.length > 0 ? [`${policies[policy]}`] : []),
    ...(except.length > 0 ? [`but not ${except.map(showZone).join(' ')}`] : []),
    ...(rest.maxConcurrent > 0 ? [`${rest.maxConcurrent} at once`] : []),
    ...(rest.next.length > 0 || rest.nextOnNodata ? ['some answers are left to the next forward'] : []),
    ...(rest.failover.length > 0 ? ['some answers are left to the next server'] : []),
  ].join('; ');
}

export function cacheText(cache: CachePlan | undefined): string {
  if (cache === undefined) return 'nothing is kept';
  const range = ({ least, most }: CachePlan['success']) =>
    least === most ? seconds(most) : `${seconds(least)} to ${seconds(most)}`;
  const kind = (name: 'success' | 'denial', what: string) => {
    const off = cache.disabled[name];
    if (off.includes('')) return `no ${what}`;
    return `${what} for ${range(cache[name])}${off.length > 0 ? `, not below ${off.map(showZone).join(' ')}` : ''}`;
  };
  const { zones, failure, prefetch, stale, keepTtl } = cache;
  return [
    ...(zones.length > 0 ? [`names below ${zones.map(showZone).join(' ')} alone`] : []),
    kind('success', 'answers'),
    kind('denial', 'denials'),
    failure === 0 ? 'no failures' : `failures for ${formatDuration(failure)}`,
    ...(prefetch
      ? [
          `asked for again in the last ${Math.round(prefetch.share * 100)} % of the TTL after ${prefetch.amount} queries`,
        ]
      : []),
    ...(stale ? [`what has run out for ${formatDuration(stale.window)} more`] : []),
    ...(keepTtl ? ['clients are shown the TTL that came'] : []),
  ].join('; ');
}

/** `line 3`, or with the file where it is another one. */
export function placeText(block: BlockPlan, file: string): string {
  const { place } = block;
  if (place === undefined) return 'by flags';
  return place.file === file ? `line ${place.line}` : `${place.file}:${place.line}`;
}

// ---------------------------------------------------------------------------------------------------------------------

const transports = { client: 'as the client came', udp: 'over UDP', tcp: 'over TCP' } as const;
const policies = {
  random: 'in random order',
  round_robin: 'in turn',
  in_turn: 'in this order',
  sequential: 'in this order',
} as const;

/** Listeners with the same zones of the same blocks are told together. */
function sameZones(listeners: readonly ListenerPlan[]): { at: string[]; zones: readonly ZonePlan[] }[] {
  const groups: { at: string[]; zones: readonly ZonePlan[] }[] = [];
  for (const { at, zones } of listeners) {
    const same = groups.find(
      (group) =>
        group.zones.length === zones.length &&
        group.zones.every(({ suffix, block }, i) => suffix === zones[i]!.suffix && block === zones[i]!.block),
    );
    if (same) same.at.push(formatEndpoint(at));
    else groups.push({ at: [formatEndpoint(at)], zones });
  }
  return groups;
}

/** Zones of a block are told together. */
function zonesText(zones: readonly ZonePlan[], file: string): string[] {
  const blocks = new Map<BlockPlan, string[]>();
  for (const { suffix, block } of zones) {
    const names = blocks.get(block);
    if (names) names.push(showZone(suffix));
    else blocks.set(block, [showZone(suffix)]);
  }
  return [...blocks].flatMap(([block, names]) => [
    `  ${shortList(names)}  (${placeText(block, file)})`,
    ...blockText(block).map(([what, text]) => `    ${what.padEnd(8)}  ${text}`),
  ]);
}

function blockText(block: BlockPlan): readonly (readonly [string, string])[] {
  const { view, guards, steps, forwards, cache, log, order, flags, udpSize, nsid } = block;
  const answers = guards.length + steps.length + forwards.length > 0;
  if (!answers) return [['answer', 'REFUSED: nothing in the block answers']];
  return [
    ...(view === undefined ? [] : [['view', `${view.name}: not for all queries`] as const]),
    ...guards.map(({ name }) => [name, 'for each query'] as const),
    ['cache', cacheText(cache)],
    ...steps.map(({ name }) => [name, 'for what is not in the cache'] as const),
    ...forwards.map((forward) => ['forward', forwardText(forward)] as const),
    ...logText(log),
    ...(block.detectsLoops ? [['loop', 'it is found out when a forward leads back here'] as const] : []),
    ...(order === undefined ? [] : [['order', 'addresses have another order in each answer'] as const]),
    ...(flags === undefined ? [] : [['header', 'flags of answers are changed'] as const]),
    ...(udpSize === undefined ? [] : [['bufsize', `at most ${udpSize} bytes over UDP`] as const]),
    ...(nsid === undefined ? [] : [['nsid', nsid] as const]),
  ];
}

function logText({ queries, errors }: LogPlan): (readonly [string, string])[] {
  return [
    ...queries.map(
      ({ zones, classes }) => ['log', `${zones.map(showZone).join(' ')}: ${classes.join(', ')}`] as const,
    ),
    ...(errors === undefined
      ? []
      : [
          [
            'errors',
            errors.consolidate.length > 0 ? `told together: ${errors.consolidate.length} patterns` : 'told',
          ] as const,
        ]),
  ];
}

function adminText({ at, pages, lameduck }: AdminPlan): string {
  const where = at.address === '' ? `:${at.port}` : formatEndpoint(at);
  return `${where}  ${pages.join(', ')}${lameduck > 0 ? `; not well for ${formatDuration(lameduck)} before the end` : ''}`;
}

function nodecacheText({ nodecache }: Plan): string[] {
  if (nodecache === undefined) return [];
  const { addresses, keep } = nodecache;
  return [`an interface and rules for ${addresses.join(', ')}${keep ? '; they stay at the end' : ''}`];
}

function reloadText({ interval, jitter }: NonNullable<Plan['reload']>): string {
  const [least, most] = [interval - jitter / 2, interval + jitter / 2].map((ms) => ms / 1000);
  return `the file is looked at every ${least === most ? least : `${least} to ${most}`} s`;
}

function seconds(ttl: number): string {
  return formatDuration(ttl * 1000);
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', name, ...lines.map((line) => `  ${line}`)];
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(' ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

const MOST_NAMES = 8;

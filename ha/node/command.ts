// command — `twindns rules` and `net`: the interface and the rules without an instance that serves.

import { isatty } from 'node:tty';
import { TwindnsError } from '../../src/errors.ts';
import { createLog, type Log, mayColour } from '../../src/log/log.ts';
import { createLogSink } from '../../src/log/log-sink.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import { adminOf } from '../../src/options/build-config.ts';
import { endpointText } from '../../src/options/endpoint.ts';
import type { Options } from '../../src/options/options.ts';
import { plannedListeners } from '../../src/plan/planned-listeners.ts';
import { dropPrivileges, keepPrivate } from '../../src/privileges.ts';
import { LOCK_PATIENCE } from '../timing.ts';
import type { NetAction } from './command-text.ts';
import { NodeError, type NodePart, type Observation, refuse } from './node-part.ts';
import { type Parts, partsOf } from './parts.ts';
import { Reconciler } from './reconciler.ts';
import { retry } from './retry.ts';
import { servedBy, type WantedState, wantedStateOf } from './wanted-state.ts';

type Print = (text: string) => void;

/** How `rules` shows what it has seen: what is found against what is wanted, what would be changed, or both as JSON. */
export type RulesForm = 'comparison' | 'plan' | 'json';

/** Returns whether all is as wanted. */
export async function rules(options: Options, form: RulesForm, print: Print): Promise<boolean> {
  const { wanted, all } = await partsFor(options, 'onlooker');
  try {
    const seen: Seen[] = [];
    for (const part of all) seen.push({ part: part.name, ...(await part.observe().catch(refuse)) });
    const isAsWanted = seen.every(({ plan }) => plan.length === 0);
    print(shown[form](wanted, seen, isAsWanted));
    return isAsWanted;
  } finally {
    for (const part of all) part.release();
  }
}

export async function net(action: NetAction, options: Options, print: Print): Promise<void> {
  if (action === 'up') return netUp(options, print);
  if (action === 'down') return netDown(options, print);
  const log = createLog({
    level: options['log-level'],
    format: options['log-format'] === 'auto' ? (isatty(1) ? 'text' : 'json') : options['log-format'],
    write: createLogSink(1),
    now: Date.now,
    always: {},
    colour: mayColour(isatty(1), process.env),
  });
  process.on('SIGHUP', () => log.info('SIGHUP: there is no file that could be read again'));
  const stop = ['SIGTERM', 'SIGINT'].map((signal) => new Promise((resolve) => process.once(signal, resolve)));
  await netWatch(options, log, Promise.race(stop));
}

// ---------------------------------------------------------------------------------------------------------------------

/** Makes the interface and the rules, and ends. @throws TwindnsError USAGE for kinds that would end with it */
async function netUp(options: Options, print: Print): Promise<void> {
  refuseShortLived(options);
  const { all } = await partsFor(options, 'passer-by');
  for (const part of all) {
    const { plan } = await retry(options['drain-timeout'], async () => {
      const observation = await part.observe();
      await part.apply(observation);
      return observation;
    }).catch(refuse);
    print(plan.length > 0 ? `${plan.join('\n')}\n` : `${part.name}: nothing to change\n`);
  }
}

/** Makes them, repairs them, and removes them in the end, unless they are to be kept. Resolves after `stop` does. */
async function netWatch(options: Options, log: Log, stop: Promise<unknown>): Promise<void> {
  keepPrivate(options['core-files']);
  const { all, wanted, watch } = await partsFor(options);
  const loop = new EventLoop((error) =>
    log.error('an event of the kernel could not be handled', { err: error }),
  );
  const reconciler = new Reconciler(log, options['sync-interval'], () => {});
  for (const part of all) {
    await reconciler.reconcile(part).catch((error: unknown) => {
      if (!(error instanceof NodeError && error.passing)) refuse(error);
      log.warn(error.message);
    });
  }
  const unwatch = watch(loop, (what) => reconciler.poke(what));
  reconciler.start(all);
  dropPrivileges(options, log);
  log.info('the interface and the rules are seen to', {
    interface: wanted.interface.name,
    rules: wanted.rules,
  });
  const fleeting = all.filter(({ stays }) => !stays).map(({ name }) => name);
  if (fleeting.length > 0)
    log.warn(
      `the kernel removes the ${fleeting.join(' and the ')} with this process, at each restart of it, too; queries are lost until they are back. ` +
        '--interface-type dummy and --rules iptables with --keep-interface stay',
    );
  await stop;
  unwatch();
  loop.close();
  await reconciler.stop();
  for (const part of wanted.keep ? [] : all.toReversed()) {
    const limitMs = Math.max(options['drain-timeout'], LOCK_PATIENCE);
    const removed = await reconciler.remove(part, limitMs).catch(refuse);
    log.info(`${part.name} removed`, { removed: removed.length });
  }
  for (const part of all) part.release();
}

/** Removes what `netUp` or a leader with these options has made. */
async function netDown(options: Options, print: Print): Promise<void> {
  const { all } = await partsFor(options, 'passer-by');
  const left: string[] = [];
  // Rules that could not be removed keep the interface: without it they would send queries nowhere.
  for (const part of all.toReversed()) {
    const limitMs = Math.max(options['drain-timeout'], LOCK_PATIENCE);
    const removed = await retry(limitMs, () => part.remove()).catch(refuse);
    const standing = (await part.remaining?.().catch(refuse)) ?? [];
    left.push(...standing);
    const lines = removed.map((line) => `- ${line}\n`).join('');
    print(removed.length > 0 || standing.length > 0 ? lines : `${part.name}: nothing to remove\n`);
    part.release();
  }
  if (left.length > 0) throw new TwindnsError('NODE_REFUSED', left.join('\n'));
}

async function partsFor(options: Options, as: 'owner' | 'onlooker' | 'passer-by' = 'owner'): Promise<Parts> {
  const { listen, port, admin, interface: name, 'interface-type': type, rules: kind } = options;
  const listeners = await plannedListeners(options);
  const wanted = wantedStateOf({
    listen,
    listeners,
    port,
    admin: adminOf(admin, 'primary'),
    interface: { name, type },
    rules: kind,
    keepInterface: options['keep-interface'],
  });
  if (servedBy(wanted).length > 0) return partsOf(wanted, {}, as).catch(refuse);
  const where = options.corefile === 'off' ? '--listen' : 'where the Corefile listens';
  throw new TwindnsError(
    'USAGE',
    `${where} is ${listeners.map((one) => endpointText(one, port)).join(',')}: loopback has an interface and needs no rules. Give the addresses pods ask, e.g. --listen 169.254.20.10.`,
  );
}

function refuseShortLived({ 'interface-type': type, rules: kind }: Options): void {
  const word = type === 'tun' ? '--interface-type tun' : kind === 'nftables' ? '--rules nftables' : undefined;
  if (word === undefined) return;
  throw new TwindnsError(
    'USAGE',
    `${word} ends with the process that made it, so there is nothing \`net up\` could leave. Use \`twindns net watch\`, or --interface-type dummy and --rules iptables.`,
  );
}

interface Seen extends Observation {
  readonly part: NodePart['name'];
}

const shown: Readonly<
  Record<RulesForm, (wanted: WantedState, seen: readonly Seen[], isAsWanted: boolean) => string>
> = {
  comparison: (wanted, seen) => seen.map((one) => `${comparison(wanted, one)}\n`).join('\n'),
  plan: (_wanted, seen) => planText(seen),
  json: ({ interface: link, rules: kind }, parts, isAsWanted) =>
    `${JSON.stringify({ isAsWanted, interface: link, rules: kind, parts }, null, 2)}\n`,
};

/** In order. */
function planText(seen: readonly Seen[]): string {
  const lines = seen.flatMap(({ part, plan }) => plan.map((line) => `${part}: ${line}\n`));
  return lines.length > 0 ? lines.join('') : 'nothing to change\n';
}

/** ok: wanted and found; missing: wanted only; other: of ours or of a predecessor, left alone. */
function comparison(
  { interface: { name, type }, rules }: WantedState,
  { part, wanted, found }: Seen,
): string {
  const line = (word: string, what: string) => `  ${word.padEnd(7)}  ${what}`;
  return [
    part === 'interface' ? `interface ${name} (${type})` : `rules (${rules})`,
    ...wanted.map((what) => line(found.includes(what) ? 'ok' : 'missing', what)),
    ...found.filter((what) => !wanted.includes(what)).map((what) => line('other', what)),
  ].join('\n');
}

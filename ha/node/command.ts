// command — `twindns rules` and `net`: the interface and the rules without an instance that serves.

import { isatty } from 'node:tty';
import { TwindnsError } from '../../src/errors.ts';
import { createLog, type Log, mayColour } from '../../src/log/log.ts';
import { createLogSink } from '../../src/log/log-sink.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import { defaultAdmin } from '../../src/options/build-config.ts';
import type { Options } from '../../src/options/options.ts';
import type { NetAction } from './command-text.ts';
import { NodeError } from './node-part.ts';
import { holdingOf, partsOf } from './parts.ts';
import { Reconciler } from './reconciler.ts';
import { patiently } from './retry.ts';
import { type Seen, showChange, showLook } from './show-look.ts';
import type { Holding } from './wanted-state.ts';

type Print = (text: string) => void;

/** Prints what is found against what is wanted, or what would be changed. Returns whether all is as wanted. */
export async function rules(options: Options, dryRun: boolean, print: Print): Promise<boolean> {
  const holding = wantedBy(options);
  const { all } = await partsOf(holding, {}, true);
  try {
    const seen: Seen[] = [];
    for (const part of all) seen.push({ part: part.name, look: await part.look().catch(refuse) });
    print(dryRun ? showChange(seen) : showLook(holding, seen));
    return seen.every(({ look }) => look.change.length === 0);
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
  const told = ['SIGTERM', 'SIGINT'].map((signal) => new Promise((resolve) => process.once(signal, resolve)));
  await netWatch(options, log, Promise.race(told));
}

// ---------------------------------------------------------------------------------------------------------------------

/** Makes the interface and the rules, and ends. @throws TwindnsError USAGE for kinds that would end with it */
async function netUp(options: Options, print: Print): Promise<void> {
  const holding = wantedBy(options);
  refuseShortLived(holding);
  const { all } = await partsOf(holding);
  for (const part of all) {
    const look = await patiently(options['drain-timeout'], async () => {
      const seen = await part.look();
      await part.apply(seen);
      return seen;
    }).catch(refuse);
    print(look.change.length > 0 ? `${look.change.join('\n')}\n` : `${part.name}: nothing to change\n`);
  }
}

/** Makes them, repairs them, and removes them in the end, unless they are to be kept. Resolves when `stop` does. */
async function netWatch(options: Options, log: Log, stop: Promise<unknown>): Promise<void> {
  const { all, holding, watch } = await partsOf(wantedBy(options));
  const loop = new EventLoop((error) =>
    log.error('an event of the kernel could not be handled', { err: error }),
  );
  const reconciler = new Reconciler(log, options['sync-interval'], () => {});
  for (const part of all) {
    await reconciler.mend(part).catch((error: unknown) => {
      if (!(error instanceof NodeError && error.passing)) refuse(error);
      log.warn(error.message);
    });
  }
  const unwatch = watch(loop, (what) => reconciler.poke(what));
  reconciler.start(all);
  log.info('the interface and the rules are seen to', {
    interface: holding.interface.name,
    rules: holding.rules,
  });
  await stop;
  unwatch();
  loop.close();
  await reconciler.stop();
  if (!holding.keep) {
    for (const part of [...all].reverse()) {
      log.info(`${part.name} removed`, { removed: await reconciler.remove(part, options['drain-timeout']) });
    }
  }
  for (const part of all) part.release();
}

/** Removes what `netUp` or a leader with these options has made. */
async function netDown(options: Options, print: Print): Promise<void> {
  const { all } = await partsOf(wantedBy(options));
  for (const part of [...all].reverse()) {
    const gone = await patiently(options['drain-timeout'], () => part.remove()).catch(refuse);
    print(
      gone.length > 0
        ? `${gone.map((line) => `- ${line}`).join('\n')}\n`
        : `${part.name}: nothing to remove\n`,
    );
    part.release();
  }
}

function wantedBy(options: Options): Holding {
  const { listen, port, admin, interface: name, 'interface-type': type, rules: kind } = options;
  const holding = holdingOf({
    listen,
    port,
    admin: admin === 'auto' ? defaultAdmin.primary : admin,
    interface: { name, type },
    rules: kind,
    keepInterface: options['keep-interface'],
  });
  if (holding.addresses.length > 0) return holding;
  throw new TwindnsError(
    'USAGE',
    `--listen is ${listen.join(',')}: loopback has an interface and needs no rules. Give the addresses pods ask, e.g. --listen 169.254.20.10.`,
  );
}

function refuseShortLived({ interface: { type }, rules: kind }: Holding): void {
  const word = type === 'tun' ? '--interface-type tun' : kind === 'nftables' ? '--rules nftables' : undefined;
  if (word === undefined) return;
  throw new TwindnsError(
    'USAGE',
    `${word} ends with the process that made it, so there is nothing \`net up\` could leave. Use \`twindns net watch\`, or --interface-type dummy and --rules iptables.`,
  );
}

function refuse(error: unknown): never {
  if (!(error instanceof NodeError)) throw error;
  throw new TwindnsError('NODE_REFUSED', error.message, { cause: error });
}

// run — one instance from start to exit: its slot, its configuration, its twin, the gate, its sockets.
//
//   waits for its slot ─► reads what it is told ─► meets its twin ─┬─► rehearses: a twin serves meanwhile ─┬─► takes queries
//                                                                  └─► waits for the cluster DNS ──────────┘

import { isatty } from 'node:tty';
import { refusedCall, TwindnsError } from '../errors.ts';
import { collectOften } from '../heap.ts';
import { createLog, type Log, mayColour } from '../log/log.ts';
import { createLogSink } from '../log/log-sink.ts';
import { buildConfig, whereOf } from '../options/build-config.ts';
import { misspelt } from '../options/misspelt.ts';
import type { Options } from '../options/options.ts';
import { readResolvConf } from '../options/resolv-conf.ts';
import { claimSlot } from '../options/slot.ts';
import { planSource } from '../plan/plan-source.ts';
import { servedConfig } from '../plan/served-config.ts';
import { keepPrivate } from '../privileges.ts';
import { rehearsed } from '../rehearsal/rehearsed.ts';
import { createResolver } from '../resolver.ts';
import { Instance, type InstanceParts } from './instance.ts';
import type { MeetTwin } from './membership.ts';
import { serviceManager } from './notify.ts';
import { endOnSignals, type Mortal, outliveSignals } from './signals.ts';
import { waitForSlot } from './slot-wait.ts';

const stdout = 1;

/** Serves until a signal ends the process; resolves when it serves, or when it is told to stop before. */
export async function run(options: Options, meetTwin: MeetTwin): Promise<void> {
  keepPrivate(options['core-files']);
  const starter = serviceManager(process.env);
  const where = whereOf(options);
  const claim = claimSlot(where, options.slot);
  const terminal = isatty(stdout);
  const read = () => buildConfig(options, { slot: claim.slot, terminal, readFile: readResolvConf });
  const first = read().config;
  const log = createLog({
    level: first.logLevel,
    format: first.logFormat,
    write: createLogSink(stdout),
    now: Date.now,
    always: { slot: claim.slot },
    colour: mayColour(terminal, process.env),
  });
  outliveSignals(first, log);
  try {
    await start({ log, claim, where, starter }, read, meetTwin);
  } catch (error) {
    if (first.logFormat === 'json' && process.send === undefined) endInJson(log, error); // a parent tells it in its own words
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

type Begun = Pick<InstanceParts, 'log' | 'claim' | 'where' | 'starter'>;

/** @param read what it is told, and what is to be said of that */
async function start(
  { log, claim, where, starter }: Begun,
  read: () => ReturnType<typeof buildConfig>,
  meetTwin: MeetTwin,
): Promise<void> {
  let instance: (Mortal & { crash(): void }) | undefined;
  const end = endOnSignals(log, () => instance);
  if (!claim.isOurs) starter.waits(`for the process that has the slot ${claim.slot}`);
  const slotNameTakenBy = await waitForSlot(claim, log);
  const { config: told, warnings } = read(); // not before: what it is made of may have changed while the slot was waited for
  for (const warning of [...misspelt(process.env), ...warnings]) log.warn(warning);
  const plans = await planSource(told, log);
  const config = servedConfig(told, plans.plan);
  endOnPanic(log, () => instance?.crash());

  const twin = meetTwin(config, log);
  const sockets = await twin.join();
  const hasTwin = sockets !== undefined;
  if (hasTwin) {
    await twin.prepare();
    // The twin answers meanwhile, so there is time now for what would hold up the first queries later.
    await rehearsed(config, log, twin);
  }
  const resolver = createResolver(config, log, {
    onCacheFull: collectOften,
    plan: plans.plan,
  });
  const parts = { config, log, claim, where, twin, resolver, plans, slotNameTakenBy, hasTwin, end, starter };
  const made = new Instance(parts);
  instance = made;
  if (!(await made.mayTakeQueries())) return;
  if (!hasTwin) await twin.prepare();
  if (made.isStopping) return;
  made.serve(sockets);
  await made.tell();
}

function endOnPanic(log: Log, crash: () => void): void {
  process.on('uncaughtException', (error) => {
    crash();
    log.error('uncaught exception, exiting: the twin carries on', { err: error });
    process.exit(1);
  });
}

/** A program that reads this log reads why, too: with the words, and the status, of a process that tells it in text. */
function endInJson(log: Log, error: unknown): never {
  const isOurs = error instanceof TwindnsError;
  const said = isOurs ? error.message : refusedCall(error);
  if (said === undefined) log.error('unexpected', { err: error });
  else log.error(said);
  process.exit(isOurs ? error.exitCode : 1);
}

// command — `twindns chaos`: runs the chosen scenarios one after the other and says how they went.

import { release } from 'node:os';
import { errnoOf, messageOf, TwindnsError } from '../src/errors.ts';
import { version } from '../src/version.ts';
import type { ChaosFlags } from './command-text.ts';
import { canBeAlone, isAlone, runAlone } from './host/namespace.ts';
import { type ChaosOptions, listOfScenarios, readChaosOptions } from './options.ts';
import type { ChaosRun, Outcome, Subject } from './report/outcome.ts';
import { openProgress } from './report/progress.ts';
import { summary, table } from './report/table.ts';
import { checkPlaces, writeLog, writeResults } from './report/write-results.ts';
import { runScenario, type Settings } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage/stage.ts';
import { TargetStage } from './stage/target-stage.ts';

/** Milliseconds within which a second signal is the same wish, come by another way: the terminal's, npm's, the namespace's. */
const SAME_WISH = 500;

/** Resolves to the exit code: 0 when everything held, 1 when something did not. */
export async function chaos(
  names: readonly string[],
  flags: ChaosFlags,
  print: (text: string) => void,
): Promise<number> {
  const options = readChaosOptions(names, flags);
  if (flags.list) {
    print(listOfScenarios());
    return 0;
  }
  if (options.pair === undefined && !isAlone() && canBeAlone()) return runAlone();
  const places = [options.json, options.out, options.picture] as const;
  try {
    checkPlaces(...places);
  } catch (cause) {
    throw new TwindnsError('FAILED', `the results could not be written: ${messageOf(cause)}`, { cause });
  }
  const stopping = new AbortController();
  let stoppingSince: number | undefined;
  const stop = () => {
    if (stoppingSince !== undefined && performance.now() - stoppingSince > SAME_WISH) process.exit(1);
    stoppingSince ??= performance.now();
    stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  process.once('disconnect', () => stopping.abort()); // the process that made our namespace has gone
  process.channel?.unref();
  const run = await runAll(options, stopping.signal);
  if (options.json === '-') print(`${JSON.stringify(run, undefined, 1)}\n`);
  else print(`\n${table(run.outcomes)}\n\n${summary(run.outcomes)}\n`);
  // Ended before there was anything to tell, it leaves the results of the last run.
  for (const file of run.outcomes.length === 0 ? [] : writeResults(run, ...places))
    process.stderr.write(`twindns: wrote ${file}\n`);
  return run.outcomes.every(({ held }) => held) && !stopping.signal.aborted ? 0 : 1;
}

// ---------------------------------------------------------------------------------------------------------------------

async function runAll(options: ChaosOptions, signal: AbortSignal): Promise<ChaosRun> {
  const startedAt = new Date();
  const seed = options.seed ?? startedAt.getTime() % 2 ** 32;
  const turns = turnsOf(options);
  const progress = openProgress(process.stderr, turns.length);
  const outcomes: Outcome[] = [];
  const { out } = options;
  const failed: Settings['failed'] = (scenario, subject, log) => {
    if (out !== undefined) writeLog(out, scenario, subject, log);
  };
  const open = await opener(options);
  for (const [scenario, subject] of turns) {
    progress.begun(scenario.name, subject);
    const settings = { ...options, seed, alone: isAlone(), signal, struck: progress.struck, failed };
    const outcome = await runScenario(scenario, subject, settings, open && (() => open(subject))).catch(
      (error: unknown) => {
        if (signal.aborted) return undefined;
        throw new TwindnsError('FAILED', `${scenario.name} against ${subject}: ${messageOf(error)}`, {
          cause: error,
        });
      },
    );
    if (outcome === undefined) break;
    outcomes.push(outcome);
    progress.ended(outcome);
  }
  const { rate, connections } = options;
  const machine = { kernel: release(), node: process.versions.node };
  return {
    twindns: version,
    ...machine,
    startedAt: startedAt.toISOString(),
    seed,
    rate,
    connections,
    outcomes,
  };
}

/** Opens a stage whose pair the scenario does not start; undefined where it does. */
async function opener({
  pair,
  manifests,
}: ChaosOptions): Promise<((subject: Subject) => Promise<Stage>) | undefined> {
  if (pair !== undefined) return () => TargetStage.open(pair);
  if (!manifests) return undefined;
  // Loaded only when it is needed: it reads YAML, and the package for that is there for development alone.
  const { ClusterStage } = await import('./cluster/cluster-stage.ts').catch((error: unknown) => {
    throw errnoOf(error) === 'ERR_MODULE_NOT_FOUND'
      ? new TwindnsError('FAILED', noYaml, { cause: error })
      : error;
  });
  return (subject) => ClusterStage.start(subject);
}

const noYaml =
  'the manifests cannot be read: the package yaml is not installed, as it is there for development alone. Run `npm ci` in the checkout.';

/** Each scenario with each of its subjects. @throws TwindnsError USAGE when there is none */
function turnsOf(options: ChaosOptions): [Scenario, Subject][] {
  const turns = options.scenarios.flatMap((scenario) =>
    options.subjects
      .filter((subject) => scenario.expects[subject] !== undefined)
      .map((subject): [Scenario, Subject] => [scenario, subject]),
  );
  if (turns.length > 0) return turns;
  throw new TwindnsError(
    'USAGE',
    `none of these scenarios is for ${options.subjects.join(', ')}. See --list.`,
  );
}

// options — reads the flags of `twindns chaos`.

import { formatEndpoint } from '../src/config.ts';
import { TwindnsError } from '../src/errors.ts';
import { parseDuration } from '../src/options/duration.ts';
import { parseEndpoint } from '../src/options/endpoint.ts';
import type { ChaosFlags } from './command-text.ts';
import { type Subject, subjects } from './report/outcome.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';
import type { Target } from './stage/target-stage.ts';

/** Every cluster has it. */
const DEFAULT_NAME = 'kubernetes.default.svc.cluster.local';
const DEFAULT_ADMINS = '127.0.0.1:9253,127.0.0.1:9254';

export interface ChaosOptions {
  readonly scenarios: readonly Scenario[];
  readonly subjects: readonly Subject[];
  readonly rate: number;
  readonly connections: number;
  /** Milliseconds after which a scenario begins no further disaster. */
  readonly atMost: number;
  readonly disasters: number | undefined;
  readonly seed: number | undefined;
  readonly thorough: boolean;
  readonly json: string | undefined;
  readonly out: string | undefined;
  /** Where the picture of the one scenario goes. */
  readonly picture: string | undefined;
  readonly pair: Target | undefined;
  /** The pair is started by a Corefile that answers some names itself. */
  readonly corefile: boolean;
  /** The pair is what manifests/base says. */
  readonly manifests: boolean;
}

/** @throws TwindnsError USAGE */
export function readChaosOptions(names: readonly string[], flags: ChaosFlags): ChaosOptions {
  const pair = pairOf(flags);
  const chosen = names.length === 0 ? scenarios : names.map(scenarioNamed);
  const intruding = chosen.find(({ intrudes }) => intrudes);
  const manifests = flags.manifests === true;
  const given = pair !== undefined || manifests;
  if (pair !== undefined && manifests)
    throw usage('--manifests does not go with --target', 'Leave one of them out');
  if (given && names.length > 0 && intruding !== undefined)
    throw usage(
      `${intruding.name} needs processes of its own`,
      `Leave ${manifests ? '--manifests' : '--target'} out, or choose from those --list marks`,
    );
  const corefile = flags.corefile === true;
  if (given && corefile)
    throw usage(
      `--corefile does not go with ${manifests ? '--manifests' : '--target'}`,
      'Leave one of them out',
    );
  if ((manifests || corefile) && flags.subject?.includes('unbound'))
    throw usage(
      `${manifests ? '--manifests' : '--corefile'} is of our own pair`,
      'Leave unbound out of --subject',
    );
  if (flags.picture !== undefined && names.length !== 1)
    throw usage('--picture shows one scenario', 'Name the one, e.g. kill-primary');
  return {
    scenarios: !given ? chosen : chosen.filter(({ intrudes }) => !intrudes),
    subjects:
      pair === undefined
        ? subjectsOf(flags.subject).filter((one) => !(manifests || corefile) || one !== 'unbound')
        : ['twindns'],
    rate: whole('--rate', flags.rate, 1, 100_000) ?? 5000,
    connections: whole('--connections', flags.connections, 0, 2000) ?? 200,
    atMost: seconds(flags.seconds) ?? Number.POSITIVE_INFINITY,
    disasters: whole('--disasters', flags.disasters, 1, 1_000_000),
    seed: whole('--seed', flags.seed, 0, 2 ** 32 - 1),
    thorough: flags.thorough === true,
    json: flags.json,
    out: flags.out,
    picture: flags.picture,
    pair,
    corefile,
    manifests,
  };
}

/** One line a scenario, for --list. */
export function listOfScenarios(): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const lines = scenarios.map(({ name, purpose, intrudes, expects }) => {
    const controls = Object.keys(expects).filter((subject) => subject !== 'twindns');
    const marks = [
      ...(controls.length > 0 ? [`also against ${controls.join(', ')}`] : []),
      ...(intrudes ? [] : ['--target, --manifests']),
    ];
    return `${name.padEnd(width)}  ${purpose}${marks.length > 0 ? ` (${marks.join('; ')})` : ''}\n`;
  });
  return lines.join('');
}

// ---------------------------------------------------------------------------------------------------------------------

function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw usage(
    `there is no scenario ${JSON.stringify(name)}`,
    `Choose from ${scenarios.map((one) => one.name).join(', ')}`,
  );
}

function subjectsOf(text: string | undefined): readonly Subject[] {
  if (text === undefined) return subjects;
  return text.split(',').map((word) => {
    const found = subjects.find((subject) => subject === word.trim());
    if (found !== undefined) return found;
    throw usage(
      `--subject is ${JSON.stringify(text)}: none of the subjects`,
      `Give some of ${subjects.join(',')}`,
    );
  });
}

function whole(flag: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${flag} is ${JSON.stringify(text)}`, `Give a whole number, from ${least} to ${most}`);
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw usage(`--seconds is ${JSON.stringify(text)}`, 'Give seconds, or a duration such as 90s or 5m');
}

function pairOf({
  target,
  stop,
  start,
  subject,
  names = DEFAULT_NAME,
  admin,
}: ChaosFlags): ChaosOptions['pair'] {
  const given = [target, stop, start].filter((one) => one !== undefined).length;
  if (given === 0) return undefined;
  if (given < 3)
    throw usage(
      '--target, --stop and --start belong together',
      'Give the address of the pair and a command to stop and one to start the instance of the slot in $SLOT',
    );
  const endpoint = parseEndpoint(target!, undefined);
  if (endpoint === undefined)
    throw usage(
      `--target is ${JSON.stringify(target)}: not an address`,
      'Give ADDR:PORT, e.g. 169.254.20.10:53',
    );
  if (subject !== undefined)
    throw usage(`--subject does not go with --target ${formatEndpoint(endpoint)}`, 'Leave one of them out');
  const admins = (admin ?? DEFAULT_ADMINS).split(',').map((text) => {
    const one = parseEndpoint(text.trim(), undefined);
    if (one !== undefined) return one;
    throw usage(`--admin is ${JSON.stringify(admin)}: not an address`, 'Give ADDR:PORT, e.g. 127.0.0.1:9253');
  });
  return { target: endpoint, names: names.split(','), admins, stop: stop!, start: start! };
}

function usage(what: string, advice: string): TwindnsError {
  return new TwindnsError('USAGE', `${what}. ${advice}.`);
}

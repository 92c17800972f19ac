// cli — the tree of commands, their options and their help; what a command does is passed in.

import { Argument, Command, CommanderError, Option } from 'commander';
import { errorTable, exitCodes } from './errors.ts';
import type { OptionName, OptionRow } from './options/option-table.ts';
import { runOptions } from './options/option-table.ts';
import { version } from './version.ts';

/** Option texts as they were given; what was not given is not there. */
export type Flags = Readonly<Partial<Record<OptionName, string>>>;

export interface QueryFlags {
  readonly server?: string;
  readonly tcp?: true;
  readonly dnssec?: true;
  readonly json?: true;
}

export interface StatusFlags {
  readonly admin?: string;
  readonly json?: true;
}

/** Texts as they were given; chaos/options.ts reads them. */
export type ChaosFlags = Readonly<Partial<Record<(typeof chaosOptions)[number][0], string>>> & {
  readonly manifests?: true;
  readonly thorough?: true;
  readonly list?: true;
};

export interface Actions {
  run(flags: Flags, custody: boolean): Promise<void>;
  pair(flags: Flags, demo: boolean): Promise<void>;
  query(name: string, type: string | undefined, flags: QueryFlags): Promise<void>;
  status(flags: StatusFlags): Promise<void>;
  rules(flags: Flags, dryRun: boolean): Promise<void>;
  clean(flags: Flags): Promise<void>;
  net(action: NetAction, flags: Flags): Promise<void>;
  chaos(scenarios: readonly string[], flags: ChaosFlags): Promise<void>;
  version(): void;
}

/** Rejects with CommanderError where the words were wrong or help was asked for; see `exitStatus`. */
export async function runCli(args: readonly string[], actions: Actions): Promise<void> {
  await createProgram(actions).parseAsync(args, { from: 'user' });
}

/** What commander's end of the program means; it has printed already. Undefined if it is not commander's. */
export function exitStatus(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? 0 : errorTable.USAGE.exitCode;
}

// ---------------------------------------------------------------------------------------------------------------------

function createProgram(actions: Actions): Command {
  const program = new Command('twindns')
    // First, since subcommands inherit these.
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'twindns: ')) })
    .showHelpAfterError('Try --help.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .description(describe(programPurpose, programExamples))
    .addHelpText('afterAll', exitCodeHelp);
  addRun(program, actions);
  addPair(program, actions);
  addQuery(program, actions);
  addStatus(program, actions);
  addNode(program, actions);
  addChaos(program, actions);
  program.command('version').summary('print the version').action(actions.version);
  return program;
}

const programPurpose =
  'A node-local DNS cache that never goes away: two instances share one address and port, and one answers while the ' +
  'other is away.';
const programExamples = [
  'twindns pair --demo     # both instances on 127.0.0.1:5353, with a cluster DNS of their own',
  'twindns run --listen 169.254.20.10 --cluster-dns 10.96.0.10',
  'twindns query kubernetes.default.svc.cluster.local --server 127.0.0.1:5353',
  'twindns status',
];

function addRun(program: Command, { run }: Actions): void {
  const command = program
    .command('run')
    .summary('serve one instance')
    .description(
      describe('Serves one instance until it is told to stop by SIGTERM or SIGINT.', [
        'twindns run --listen 169.254.20.10,fd00::10 --cluster-dns 10.96.0.10',
        'twindns run --listen 127.0.0.1 --port 5353 --upstream 9.9.9.9,1.1.1.1',
        'TWINDNS_CACHE_BYTES=64MiB twindns run --slot secondary',
      ]),
    );
  addTable(command, runOptions);
  // For the negative control of the tests: what is lost when nobody looks after a dead twin's sockets.
  command.addOption(new Option('--no-custody').hideHelp());
  command.action(({ custody }: { custody: boolean }, self: Command) => run(flagsOf(self), custody));
}

function addPair(program: Command, { pair }: Actions): void {
  const command = program
    .command('pair')
    .summary('serve both instances under one supervisor')
    .description(
      describe(
        'Serves both instances under one supervisor, which starts one again when it dies. Takes the options of ' +
          '`twindns run`; the secondary serves its metrics one port above --admin.',
        ['twindns pair --demo', 'twindns pair --listen 127.0.0.1 --port 5353 --upstream 9.9.9.9'],
      ),
    )
    .option(
      '--demo',
      'bring a small make-believe cluster DNS; answer on 127.0.0.1:5353 unless told otherwise',
    );
  addTable(
    command,
    runOptions.filter(({ name }) => name !== 'slot'),
  );
  command.action(({ demo }: { demo?: true }, self: Command) => pair(flagsOf(self), demo === true));
}

function addQuery(program: Command, { query }: Actions): void {
  program
    .command('query')
    .summary('ask one question and print the answer')
    .description(
      describe('Asks one question over UDP, over TCP if the answer does not fit, and prints the answer.', [
        'twindns query kubernetes.default.svc.cluster.local --server 169.254.20.10',
        'twindns query example.com AAAA --server 127.0.0.1:5353 --json',
      ]),
    )
    .argument('<NAME>', 'the name to look up')
    .argument('[TYPE]', 'the type of record: A, AAAA, SRV, HTTPS, TYPE65, …', 'A')
    .option('--server <ADDR[:PORT]>', 'the server to ask (default: 127.0.0.1:53)')
    .option('--tcp', 'ask over TCP at once')
    .option('--dnssec', 'ask for signatures')
    .option('--json', 'print JSON')
    .action((name: string, type: string | undefined, flags: QueryFlags) => query(name, type, flags));
}

function addStatus(program: Command, { status }: Actions): void {
  program
    .command('status')
    .summary('show what both instances are doing')
    .description(
      describe('Shows what the instances of this machine are doing.', [
        'twindns status',
        'twindns status --json --admin 127.0.0.1:9253,127.0.0.1:9254',
      ]),
    )
    .option(
      '--admin <ADDR:PORT,…>',
      'where the instances serve /status (default: 127.0.0.1:9253,127.0.0.1:9254, env: TWINDNS_ADMIN)',
    )
    .option('--json', 'print JSON')
    .action((flags: StatusFlags) => status(flags));
}

export const netActions = ['up', 'watch', 'down'] as const;
export type NetAction = (typeof netActions)[number];

/** What the interface and the rules follow from; the same words as for `run`. */
const nodeRows: readonly OptionRow[] = runOptions.filter(
  ({ name, group }) =>
    (group === 'The node:' && name !== 'leader') || ['listen', 'port', 'admin'].includes(name),
);

/** A process that goes on also says how it is going, and takes its time in the end. */
const netRows: readonly OptionRow[] = runOptions.filter(
  (row) => nodeRows.includes(row) || ['drain-timeout', 'log-level', 'log-format'].includes(row.name),
);

function addNode(program: Command, { rules, clean, net }: Actions): void {
  const showing = program
    .command('rules')
    .summary('show the interface and the rules found on this node against those wanted')
    .description(
      describe(
        'Shows the interface and the rules found on this node against those `twindns run --leader` would see to. ' +
          'Exit code 0 says that nothing is missing.',
        ['twindns rules --listen 169.254.20.10', 'twindns rules --listen 169.254.20.10 --dry-run'],
      ),
    )
    .option('--dry-run', 'print what would be changed, and change nothing');
  addTable(showing, nodeRows);
  showing.action(({ dryRun }: { dryRun?: true }, self: Command) => rules(flagsOf(self), dryRun === true));
  const cleaning = program
    .command('clean')
    .summary('remove what twindns or NodeLocal DNSCache left on this node')
    .description(
      describe(
        'Removes the interface, every rule with a comment of NodeLocal DNSCache or twindns, and tables of ours, whatever ' +
          'their addresses. For uninstalling: an instance that runs as leader would make them again.',
        ['twindns clean', 'twindns clean --interface nodelocaldns'],
      ),
    );
  addTable(
    cleaning,
    nodeRows.filter(({ name }) => name === 'interface'),
  );
  cleaning.action((_: object, self: Command) => clean(flagsOf(self)));
  const owning = program
    .command('net')
    .summary('see to the interface and the rules in a process of its own')
    .description(
      describe(
        'Sees to the interface and the rules, so that the instances need no privilege for them and run without --leader. ' +
          'up makes them and ends; watch goes on to repair them until it is told to stop, then removes them; down removes them.',
        [
          'twindns net up --listen 169.254.20.10',
          'twindns net watch --listen 169.254.20.10 --keep-interface',
        ],
      ),
    )
    .addArgument(new Argument('<ACTION>').choices(netActions));
  addTable(owning, netRows);
  owning.action((action: NetAction, _: object, self: Command) => net(action, flagsOf(self)));
}

const chaosOptions = [
  ['rate', 'N', 'UDP queries a second (default: 5000)'],
  ['connections', 'N', 'TCP connections, each with some five queries a second (default: 200)'],
  ['disasters', 'N', 'disasters a scenario (default: as many as --list or --thorough say)'],
  ['seconds', 'N', 'begin no further disaster of a scenario after this time'],
  ['subject', 'LIST', 'who is put through it: twindns, no-custody, unbound (default: all)'],
  ['seed', 'N', 'the same seed gives the same disasters at the same instants'],
  ['json', 'FILE', 'write the outcomes as JSON; - prints them instead of the table'],
  ['out', 'DIR', 'write chaos.json there, and the logs of what did not hold'],
  ['picture', 'FILE', 'draw the one scenario that is named, all subjects side by side, as SVG'],
  ['target', 'ADDR:PORT', 'the pair to try, which runs already; needs --stop and --start'],
  ['names', 'NAME,…', 'names that pair can answer (default: kubernetes.default.svc.cluster.local)'],
  ['stop', 'COMMAND', 'how the instance of the slot in $SLOT is stopped, by the signal in $SIGNAL'],
  ['start', 'COMMAND', 'how it is started; the command ends when it serves'],
] as const;

function addChaos(program: Command, { chaos }: Actions): void {
  const command = program
    .command('chaos')
    .summary('try to make a pair lose a query')
    .description(
      describe(
        'Puts a pair under load, strikes it with disasters at random instants, and accounts for every query. The same ' +
          'is done to pairs that have to lose some, which shows that losses are seen.',
        [
          'twindns chaos',
          'twindns chaos kill-primary freeze --subject twindns --disasters 100',
          'twindns chaos rolling-update --manifests',
          'twindns chaos --list',
        ],
      ),
    )
    .argument('[SCENARIO...]', 'which disasters (default: all)');
  for (const [name, placeholder, sentence] of chaosOptions)
    command.option(`--${name} <${placeholder}>`, sentence);
  command
    .option('--manifests', 'start the pair as manifests/base says, on a stand-in for a node; needs root')
    .option('--thorough', 'as often as it takes to be sure: some hours')
    .option('--list', 'print the scenarios')
    .action((scenarios: string[], flags: ChaosFlags) => chaos(scenarios, flags));
}

function addTable(command: Command, rows: readonly OptionRow[]): void {
  for (const row of rows) {
    const isSwitch = row.type === 'switch';
    const option = new Option(
      isSwitch ? `--${row.name}` : `--${row.name} <${row.placeholder}>`,
      `${row.sentence} (default: ${row.defaultText ?? row.default}, env: ${row.env})`,
    );
    command.addOption(option.helpGroup(row.group));
    if (isSwitch) command.addOption(new Option(`--no-${row.name}`).hideHelp().helpGroup(row.group));
  }
}

function flagsOf(command: Command): Flags {
  const options = command.options.filter((option) =>
    runOptions.some(({ name }) => `--${name}` === option.long),
  );
  const given = options.flatMap((option) => {
    const given: unknown = command.getOptionValue(option.attributeName());
    const text = typeof given === 'boolean' ? (given ? 'on' : 'off') : given;
    return typeof text === 'string' ? [[option.long!.slice(2), text] as const] : [];
  });
  return Object.fromEntries(given);
}

function describe(purpose: string, examples: readonly string[]): string {
  return `${purpose}\n\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`;
}

const exitCodeHelp = `
Options are taken from the command line, then from the environment, then from their defaults.

Exit codes:
${exitCodes.map(([status, meaning]) => `  ${status}  ${meaning}`).join('\n')}
`;

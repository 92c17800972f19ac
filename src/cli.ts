// cli — the tree of commands and their help; what a command does is passed in, and so are the commands of other rooms.

import { Argument, Command, CommanderError, Option } from 'commander';
import type { BroughtCommand, CommandText, Flags, OwnFlags } from './command-text.ts';
import { slots } from './config.ts';
import { errorTable, exitCodes } from './errors.ts';
import { runOptions } from './options/option-table.ts';
import type { OptionRow } from './options/option-types.ts';
import { version } from './version.ts';

export interface QueryFlags {
  readonly reverse?: string;
  readonly server?: string;
  readonly slot?: string;
  readonly trace?: true;
  readonly channelDirectory?: string;
  readonly tcp?: true;
  readonly dnssec?: true;
  readonly json?: true;
}

export interface StatusFlags {
  readonly admin?: string;
  readonly json?: true;
  readonly watch?: true;
}

export interface Actions {
  run(flags: Flags, custody: boolean): Promise<void>;
  pair(flags: Flags, demo: boolean): Promise<void>;
  query(name: string | undefined, type: string | undefined, flags: QueryFlags): Promise<void>;
  status(flags: StatusFlags): Promise<void>;
  version(): void;
}

/** What is asked for, and by what it runs; without the end of the line. */
export const versionLine = `twindns ${version}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`;

/** Rejects with CommanderError where the words were wrong or help was asked for; see `exitStatus`. */
export async function runCli(
  args: readonly string[],
  actions: Actions,
  others: readonly BroughtCommand[] = [],
): Promise<void> {
  const program = createProgram(actions, others);
  const [first, second] = args;
  const asked =
    first === 'help' && second !== undefined && !hasCommand(program, second) ? args.slice(1) : args;
  await program.parseAsync(asked, { from: 'user' });
}

/** What commander's end of the program means; it has printed already. Undefined if it is not commander's. */
export function exitStatus(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? 0 : errorTable.USAGE.exitCode;
}

/** The tree of commands, for what is made of it. */
export function createProgram(actions: Actions, others: readonly BroughtCommand[]): Command {
  const program = new Command('twindns')
    // First, since subcommands inherit these.
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'twindns: ')) })
    .showHelpAfterError('Try --help.')
    .version(versionLine, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ optionTerm })
    .description(describe(programPurpose, programExamples))
    .addHelpText('afterAll', exitCodeHelp);
  addRun(program, actions);
  addPair(program, actions);
  addQuery(program, actions);
  addStatus(program, actions);
  for (const other of others) addBrought(program, other);
  program.command('version').summary('print the version').action(actions.version);
  return program;
}

// ---------------------------------------------------------------------------------------------------------------------

const programPurpose =
  'A node-local DNS cache that never goes away: two instances share one address and port, and one answers while the ' +
  'other is away.';
const programExamples = [
  'twindns pair --demo     # both instances on 127.0.0.1:5353, with a cluster DNS of their own',
  'twindns run --listen 169.254.20.10 --cluster-dns 10.96.0.10',
  'twindns query kubernetes.default.svc.cluster.local --server 127.0.0.1:5353',
  'twindns status',
];

/** `help` of a command that there is not is as that command: the word that was meant is said. */
function hasCommand(program: Command, name: string): boolean {
  return name === 'help' || program.commands.some((command) => command.name() === name);
}

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
      describe(
        'Asks one question over UDP, over TCP if the answer does not fit, and prints the answer. With --slot or --trace an ' +
          'instance is asked by itself, by the socket in its directory, as root or its user. Exit code 1: SERVFAIL or REFUSED; 6: ' +
          'nothing listens.',
        [
          'twindns query kubernetes.default.svc.cluster.local --server 169.254.20.10',
          'twindns query example.com AAAA --server 127.0.0.1:5353 --json',
          'twindns query -x 10.96.0.1',
          'twindns query example.com --slot both --trace',
        ],
      ),
    )
    .argument('[NAME]', 'the name to look up')
    .argument('[TYPE]', 'the type of record: A, AAAA, SRV, HTTPS, TYPE65, … (default: A)')
    .option('-x, --reverse <ADDR>', 'look up the name of an address instead')
    .option(
      '--server <ADDR[:PORT]>',
      'the server to ask; with --slot its port says which pair (default: 127.0.0.1:53)',
    )
    .addOption(
      new Option('--slot <SLOT>', 'ask this instance by itself, or both, and compare').choices([
        ...slots,
        'both',
      ]),
    )
    .option(
      '--trace',
      'show the way of the question: instance, zone, cache, upstream, how long each; of both unless --slot',
    )
    .option('--channel-directory <DIR>', 'where the instances of --slot meet, as they were told')
    .option('--tcp', 'ask over TCP at once')
    .option('--dnssec', 'ask for signatures')
    .option('--json', 'print JSON')
    .action((name: string | undefined, type: string | undefined, flags: QueryFlags) =>
      query(name, type, flags),
    );
}

function addStatus(program: Command, { status }: Actions): void {
  program
    .command('status')
    .summary('say whether all is well, and what both instances are doing')
    .description(
      describe(
        'Says in its first line whether all is well, then what is wrong, where and what to do, and what the instances of this ' +
          'machine are doing in the last minute. Exit code 0: all is well; 1: something is wrong; 6: no instance answered.',
        [
          'twindns status',
          'twindns status --watch',
          'twindns status --json --admin 127.0.0.1:9253,127.0.0.1:9254',
        ],
      ),
    )
    .option(
      '--admin <ADDR:PORT,…>',
      'where the instances serve /status; off: they are asked by the socket in their directory, as root or their user (default: 127.0.0.1:9253,127.0.0.1:9254, env: TWINDNS_INSTANCES or TWINDNS_ADMIN)',
    )
    .option('--watch', 'look every two seconds until Ctrl-C: tables on a terminal, else a line each time')
    .option('--json', 'print JSON; with --watch a line each time')
    .action((flags: StatusFlags) => status(flags));
}

function addBrought(program: Command, { text, act }: BroughtCommand): void {
  const { name, summary, purpose, examples, argument, second, options = [], rows = [] } = text;
  const command = program.command(name).summary(summary).description(describe(purpose, examples));
  for (const one of [argument, second]) {
    if (one === undefined) continue;
    const words = new Argument(one.term, one.sentence);
    command.addArgument(one.choices === undefined ? words : words.choices(one.choices));
  }
  for (const { name, placeholder, sentence } of options)
    command.option(placeholder === undefined ? `--${name}` : `--${name} <${placeholder}>`, sentence);
  addTable(command, rows);
  command.action(() => act({ words: command.args, flags: flagsOf(command), own: ownOf(command, options) }));
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

/** A switch may be turned off, too: where the environment turns it on, and where an error advises it. */
function optionTerm({ long, flags }: Option): string {
  const isSwitch = runOptions.some(({ name, type }) => type === 'switch' && `--${name}` === long);
  return isSwitch ? flags.replace(/^--/, '--[no-]') : flags;
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

function ownOf(command: Command, options: CommandText['options'] = []): OwnFlags<CommandText> {
  const given = options.flatMap(({ name }) => {
    const value: unknown = command.getOptionValue(new Option(`--${name}`).attributeName());
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given) as OwnFlags<CommandText>;
}

function describe(purpose: string, examples: readonly string[]): string {
  return `${purpose}\n\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`;
}

const exitCodeHelp = `
Options are taken from the command line, then from the environment, then from their defaults.

Exit codes:
${exitCodes.map(([status, meaning]) => `  ${status}  ${meaning}`).join('\n')}
`;

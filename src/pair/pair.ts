// pair — both instances under one supervisor: for a laptop, systemd, or one container.

import { askStatus } from '../admin/ask-status.ts';
import type { Flags } from '../command-text.ts';
import type { Endpoint, LogFormat, Slot } from '../config.ts';
import { formatEndpoint, slots } from '../config.ts';
import { callerOf } from '../control/call-instance.ts';
import { TwindnsError } from '../errors.ts';
import { heapFlags } from '../heap.ts';
import { createLog, mayColour } from '../log/log.ts';
import { createLogSink } from '../log/log-sink.ts';
import { defaultAdmin, whereOf } from '../options/build-config.ts';
import type { OptionName } from '../options/option-table.ts';
import type { Options } from '../options/options.ts';
import { argumentFor, readOptions } from '../options/options.ts';
import { plannedListeners } from '../plan/planned-listeners.ts';
import { keepPrivate } from '../privileges.ts';
import type { Child, ChildEvents } from './child.ts';
import { startChild } from './child.ts';
import { onParentGone } from './parent.ts';
import { type AskStatus, startStatusLine } from './status-line.ts';
import { refuseTakenSlots } from './taken.ts';
import type { Terminal } from './terminal.ts';
import { createTerminal } from './terminal.ts';

/** Serves until a signal ends the process; returns when both instances were started. */
export async function pair(given: Flags, demo: boolean): Promise<void> {
  const demoUpstream = demo ? await startDemo() : undefined;
  const flags = demoUpstream === undefined ? given : withDemo(given, demoUpstream.endpoint);
  const options = readOptions(flags, process.env);
  keepPrivate(options['core-files']);
  const own = await plannedListeners(options);
  await refuseTakenSlots(options, own);
  const format =
    options['log-format'] === 'auto' ? (process.stdout.isTTY ? 'text' : 'json') : options['log-format'];
  const { admin, health } = options;
  const admins = admin === 'off' ? undefined : admin === 'auto' ? defaultAdmin : portsOf('admin', admin);
  const healths = health === 'off' ? undefined : portsOf('health', health);
  let onGone = () => {};
  const write = createLogSink(stdout, () => onGone());
  const { isTTY } = process.stdout;
  const terminal = createTerminal({ isTTY, columns: () => process.stdout.columns, write });
  const children: Child[] = [];
  const patienceMs = options['drain-timeout'] + 2000;
  const supervisor = stopOnSignals(children, patienceMs, terminal, async () => demoUpstream?.stop());
  onGone = supervisor.signalled;
  const events = childEvents(format, terminal, children, supervisor, () => {
    if (format === 'json') process.stderr.write(`${banner(options, own, admins, demo)}\n`);
    else terminal.line(banner(options, own, admins, demo));
    if (process.stdout.isTTY && format === 'text') startStatusLine(statusAsker(admins, options), terminal);
  });
  for (const slot of slots) {
    const ports = { ...portOf('admin', slot, admins), ...portOf('health', slot, healths) };
    children.push(startChild(slot, childArgs(flags, slot, ports, format), events));
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const stdout = 1;

type Admins = Readonly<Record<Slot, Endpoint>>;

/** Of an instance, where there is one. */
function portOf(
  name: 'admin' | 'health',
  slot: Slot,
  ports: Admins | undefined,
): Readonly<Record<string, Endpoint>> {
  return ports === undefined ? {} : { [name]: ports[slot] };
}

/** Where they serve no HTTP they are asked by the socket of commands. */
function statusAsker(admins: Admins | undefined, options: Options): AskStatus {
  const call = callerOf(whereOf(options));
  return (slot, timeoutMs) =>
    admins === undefined ? call(slot, 'status', {}, timeoutMs) : askStatus(admins[slot], timeoutMs);
}

async function startDemo() {
  const { startDemoUpstream } = await import('../demo/upstream.ts');
  return startDemoUpstream();
}

function withDemo(given: Flags, clusterDns: Endpoint): Flags {
  return { listen: '127.0.0.1', port: '5353', 'cluster-dns': formatEndpoint(clusterDns), ...given };
}

function portsOf(name: 'admin' | 'health', endpoint: Endpoint): Admins {
  if (endpoint.port > 0 && endpoint.port < 65535)
    return { primary: endpoint, secondary: { ...endpoint, port: endpoint.port + 1 } };
  throw new TwindnsError(
    'USAGE',
    `--${name} is "${formatEndpoint(endpoint)}": the secondary needs the next port. Give a port from 1 to 65534.`,
  );
}

/** Flags win over the environment, which the child has too. */
function childArgs(
  flags: Flags,
  slot: Slot,
  ports: Readonly<Record<string, Endpoint>>,
  format: LogFormat,
): string[] {
  const own = Object.entries(ports).map(([name, endpoint]) => [name, formatEndpoint(endpoint)]);
  const all: Flags = { ...flags, slot, ...Object.fromEntries(own), 'log-format': format };
  const texts = Object.entries(all).map(([name, text]) => argumentFor(name as OptionName, text));
  return [...heapFlags, ...process.execArgv, process.argv[1]!, 'run', ...texts];
}

function childEvents(
  format: LogFormat,
  terminal: Terminal,
  children: readonly Child[],
  supervisor: Supervisor,
  bothListening: () => void,
): ChildEvents {
  const log = createLog({
    level: 'info',
    format,
    write: (line) => terminal.line(prefixed('pair', line.trimEnd())),
    now: Date.now,
    always: { slot: 'pair' },
    colour: mayColour(process.stdout.isTTY, process.env),
  });
  // JSON lines name their slot themselves, and a prefix would make them no JSON.
  function prefixed(who: string, text: string): string {
    return format === 'json' ? text : `${who.padEnd(9)} | ${text}`;
  }
  let greeted = false;
  return {
    line: (slot, text) => terminal.line(prefixed(slot, text)),
    listening() {
      if (greeted || !children.every(({ up }) => up)) return;
      greeted = true;
      bothListening();
    },
    died: (slot, reason, delayMs) =>
      log.warn('instance died, starting it again', { instance: slot, reason, delayMs }),
    refused: (_slot, exitCode, said) => void supervisor.end(exitCode, said),
  };
}

function banner(
  options: Options,
  own: readonly Endpoint[],
  admins: Admins | undefined,
  demo: boolean,
): string {
  const name = demo ? `kubernetes.default.svc.${options['cluster-domain']}` : 'example.com';
  const { address, port } = own[0]!;
  return [
    `twindns answers on ${own.map(formatEndpoint).join(', ')} with two instances.`,
    `  try:     dig @${address} -p ${port} ${name} +short`,
    ...(admins === undefined
      ? []
      : [`  metrics: ${slots.map((slot) => `http://${formatEndpoint(admins[slot])}/metrics`).join('  ')}`]),
    '  kill either instance: the other answers, and it is started again. Ctrl-C stops both.',
  ].join('\n');
}

interface Supervisor {
  /** Stops everything, says a last word on stderr, exits. */
  end(exitCode: number, said?: string): Promise<void>;
  /** As a signal does. */
  signalled(): void;
}

/**
 * The first wish to stop is granted in order, the second at once. One wish may come by two ways (a terminal signals the
 * whole group, and npm passes its signal on), so what comes right after the first is the same wish.
 */
function stopOnSignals(
  children: readonly Child[],
  patienceMs: number,
  terminal: Terminal,
  stopDemo: () => Promise<void>,
): Supervisor {
  let stoppingSince: number | undefined;
  async function end(exitCode: number, said?: string): Promise<void> {
    if (stoppingSince !== undefined) return;
    stoppingSince = performance.now();
    terminal.clear();
    await Promise.all(children.map((child) => child.stop(patienceMs)));
    await stopDemo();
    if (said) process.stderr.write(`${said}\n`);
    process.exit(exitCode);
  }
  function onSignal(): void {
    if (stoppingSince === undefined) void end(0);
    else if (performance.now() - stoppingSince > sameWishMs) {
      for (const child of children) child.kill();
      process.exit(1);
    }
  }
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => {
    // From a terminal it says that this has gone; else it is for what reads files.
    if (process.stdout.isTTY) return onSignal();
    for (const child of children) child.reload();
  });
  onParentGone(onSignal);
  return { end, signalled: onSignal };
}

const sameWishMs = 500;

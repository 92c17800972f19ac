// surroundings — what the bundle of an instance finds in place of what Node.js gives a program, for one simulated process.

import type { Twin } from '../../../ha/twin.ts';
import type { Options } from '../../../src/options/options.ts';
import type { Resolver } from '../../../src/resolver.ts';
import { Chance } from '../chance.ts';
import { nodeModulesOf } from './node-modules.ts';
import type { Process } from './process.ts';
import { promiseClass } from './promise.ts';
import { reuseportOf } from './reuseport.ts';

/** What of an instance its admin port is given. */
export type Source = Resolver & { preStop(): void };

/** What the bundle asks for by name. */
export interface Surroundings {
  readonly options: Options;
  met(twin: Twin): void;
  /** In place of the admin port. */
  serves(source: Source): void;
  /** In place of the log's file. */
  write(line: string): void;
}

/** Names that code in the bundle may use, in the order in which its function takes them. */
export const givenNames = [
  'surroundings',
  'modules',
  'stored',
  'process',
  'Promise',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'Date',
  'Math',
  'Atomics',
] as const;

/** An instance in a simulated process, as it is seen from outside. */
export interface Instance {
  readonly process: Process;
  readonly slot: string;
  twin: Twin | undefined;
  /** Once it serves. */
  source: Source | undefined;
  /** It has been told to stop. */
  isToldToStop: boolean;
}

/** @param begin the bundle's function  @param seed of the process's own randomness */
export function start(
  begin: (...given: unknown[]) => void,
  process: Process,
  slot: string,
  options: Options,
  seed: number,
): Instance {
  const { machine, loop } = process;
  const chance = new Chance(seed, process.pid);
  const instance: Instance = { process, slot, twin: undefined, source: undefined, isToldToStop: false };
  const born = machine.now;
  const handlers = new Map<string, ((...args: unknown[]) => void)[]>();
  const on = (event: string, handler: (...args: unknown[]) => void) => {
    handlers.set(event, [...(handlers.get(event) ?? []), handler]);
  };
  const uncaught = (error: unknown) => {
    machine.tell(
      process,
      `has an uncaught exception: ${error instanceof Error ? error.stack : String(error)}`,
    );
    const all = handlers.get('uncaughtException') ?? [];
    if (all.length === 0) process.exit(1);
    for (const handler of all) handler(error);
  };
  const Promised = promiseClass((task) => loop.enqueue(task), uncaught);
  const fake = {
    pid: process.pid,
    geteuid: () => 0,
    env: {},
    platform: 'linux',
    on,
    once: on,
    off() {},
    umask() {},
    cpuUsage: () => ({ user: Math.round(process.ran * 1000), system: 0 }),
    exit: (status = 0) => process.exit(status),
  };
  const given: Record<(typeof givenNames)[number], unknown> = {
    surroundings: {
      options,
      met(twin: Twin) {
        instance.twin = twin;
      },
      serves(source: Source) {
        instance.source = source;
        machine.tell(process, 'serves');
      },
      write(line: string) {
        process.enter('write to the log');
        machine.tell(process, `logs ${line.trimEnd().replace(/^[\d:.]+ /, '')}`);
      },
    } satisfies Surroundings,
    modules: {
      ...nodeModulesOf(process, chance, Promised as unknown as PromiseConstructorLike),
      'node-reuseport': reuseportOf(process, chance.oneIn(2)),
    },
    stored: (where: string) => process.enter(where),
    process: fake,
    Promise: Promised,
    setTimeout: (task: () => void, ms = 1, ...args: never[]) =>
      loop.setTimer(() => (task as (...args: never[]) => void)(...args), ms, false),
    clearTimeout: (timer: never) => loop.clearTimer(timer),
    setInterval: (task: () => void, ms = 1) => loop.setTimer(task, ms, true),
    clearInterval: (timer: never) => loop.clearTimer(timer),
    setImmediate: (task: () => void) => loop.setImmediate(task),
    clearImmediate: (immediate: never) => loop.clearImmediate(immediate),
    queueMicrotask: (task: () => void) => loop.enqueue(task),
    performance: { now: () => machine.now - born, timeOrigin: machine.wall },
    Date: dateClass(() => machine.wall),
    Math: Object.assign(Object.create(Math), { random: () => chance.unit() }),
    Atomics: Object.assign(Object.create(Atomics), {
      // The only wait is that for the name of a slot.
      wait(_words: unknown, _at: number, _value: number, ms: number) {
        process.enter('futex');
        machine.now += ms;
        return 'timed-out';
      },
    }),
  };
  process.program = {
    start: () => begin(...givenNames.map((name) => given[name])),
    signal(name) {
      if (name === 'SIGTERM' || name === 'SIGINT') instance.isToldToStop = true;
      for (const handler of handlers.get(name) ?? []) handler(name);
    },
    uncaught,
  };
  return instance;
}

// ---------------------------------------------------------------------------------------------------------------------

function dateClass(now: () => number) {
  return class extends Date {
    constructor(time?: number | string) {
      super(time ?? now());
    }

    static override now(): number {
      return now();
    }
  };
}

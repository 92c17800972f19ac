// node-modules — what a simulated process imports of Node.js: files, randomness and time are the machine's, the rest is Node's own.

import { createHash } from 'node:crypto';
import * as diagnostics from 'node:diagnostics_channel';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import * as util from 'node:util';
import type { Chance } from '../chance.ts';
import { fileCalls } from './file-calls.ts';
import type { Process } from './process.ts';

/** @param chance of that process alone */
export function nodeModulesOf(
  process: Process,
  chance: Chance,
  Promised: PromiseConstructorLike,
): Readonly<Record<string, unknown>> {
  const files = fileCalls(process, chance);
  const { loop } = process;
  return {
    'node:fs': files,
    'node:fs/promises': {},
    'node:crypto': cryptoOf(chance),
    'node:diagnostics_channel': diagnostics,
    'node:net': net,
    'node:path': path,
    'node:util': util,
    'node:os': { ...os, networkInterfaces: () => ({}) },
    'node:tls': {},
    'node:tty': { isatty: () => false },
    'node:v8': { setFlagsFromString() {} },
    'node:stream': {},
    'node:worker_threads': {},
    'node:timers/promises': {
      setTimeout: (ms: number, value?: unknown) =>
        new Promised((resolve) => loop.setTimer(() => resolve(value), ms, false)),
      setImmediate: (value?: unknown) => new Promised((resolve) => loop.setImmediate(() => resolve(value))),
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function cryptoOf(chance: Chance) {
  const randomBytes = (length: number) => {
    const bytes = Buffer.alloc(length);
    chance.fill(bytes);
    return bytes;
  };
  return {
    createHash,
    randomBytes,
    randomInt: (least: number, end?: number) =>
      end === undefined ? chance.below(least) : least + chance.below(end - least),
    randomUUID: () => `${randomBytes(16).toString('hex')}`,
  };
}

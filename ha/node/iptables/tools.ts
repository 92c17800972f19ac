// tools — runs the programs of iptables; only here do they touch the node.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { errnoOf } from '../../../src/errors.ts';
import { NodeError } from '../node-part.ts';
import { commandOf, type Family } from '../rule-set.ts';
import { type Ended, failure, notStarted } from './failure.ts';

export interface Tools {
  /** Resolves however the program ends; rejects with ENOENT when it is not installed. */
  run(program: string, args: readonly string[], input?: string): Promise<Ended>;
  /** The tables of the legacy variant. To list one by its name would make it. */
  legacyTables(family: Family): Promise<readonly string[]>;
}

export const nodeTools: Tools = {
  run(program, args, input = '') {
    return new Promise((resolve, reject) => {
      const child = execFile(program, args, { ...limits, env: environment() }, (error, stdout, stderr) => {
        const { code, signal } = error ?? { code: 0, signal: null };
        if (typeof code === 'string') reject(error);
        else resolve({ status: signal == null ? (code ?? undefined) : undefined, stdout, stderr });
      });
      child.stdin?.on('error', () => {}); // it may end before it has read all; its status tells why
      child.stdin?.end(input);
    });
  },

  async legacyTables(family) {
    const prefix = family === 'ipv4' ? 'ip' : 'ip6';
    return linesOf(
      await readFile(`/proc/net/${prefix}_tables_names`, 'utf8').catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return '';
        throw error;
      }),
    );
  },
};

export function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/**
 * Runs a program that must succeed, and resolves to its output.
 *
 * @param given `input` for the program; a failure that is `absent` means that there is nothing to list
 * @throws NodeError
 */
export async function runOrFail(
  tools: Tools,
  program: string,
  args: readonly string[],
  { input, absent }: { readonly input?: string; readonly absent?: (ended: Ended) => boolean } = {},
): Promise<string> {
  const ended = await tools.run(program, args, input).catch((error: unknown) => {
    throw notStarted(program, error);
  });
  if (ended.status === 0) return ended.stdout;
  if (absent?.(ended)) return '';
  throw failure(program, ended, input);
}

/** @throws NodeError when they cannot be read */
export async function legacyTables(tools: Tools, family: Family): Promise<readonly string[]> {
  return tools.legacyTables(family).catch((cause: unknown) => {
    throw new NodeError(
      'iptables',
      `cannot tell which tables ${commandOf(family)} has: /proc/net shows them to root alone. Run as root, or leave the rules alone with --rules none.`,
      { cause },
    );
  });
}

// ---------------------------------------------------------------------------------------------------------------------

/** A listing of 100,000 rows has 15 MB; a program that waits for the lock gives up much sooner. */
const limits = { maxBuffer: 256 * 1024 * 1024, timeout: 15_000, killSignal: 'SIGKILL' } as const;

/** Their folder may be missing from our path, and their messages are read in English. */
function environment(): NodeJS.ProcessEnv {
  const path = [process.env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  return { ...process.env, PATH: path, LC_ALL: 'C' };
}

// instance — `twindns run` and `twindns pair` as children of a test, ready when they say so.

import { readdirSync, readlinkSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { askStatus } from '../../src/admin/ask-status.ts';
import type { Endpoint } from '../../src/config.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { twoFreePorts } from './free-port.ts';
import { Program, twindns } from './program.ts';

export interface Instance {
  readonly program: Program;
  readonly admin: Endpoint;
  status(): Promise<InstanceStatus>;
}

/**
 * One instance with an admin port of its own; resolves when it listens.
 * @param under goes before the command
 * @param command the program
 */
export async function startInstance(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  under: readonly string[] = [],
  command: readonly string[] = twindns,
): Promise<Instance> {
  const instance = await launchInstance(t, args, under, command);
  await instance.program.says(/listening/);
  return instance;
}

/** The same, before it listens. */
export async function launchInstance(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  under: readonly string[] = [],
  command: readonly string[] = twindns,
): Promise<Instance> {
  const admin = { address: '127.0.0.1', port: await twoFreePorts() };
  const program = Program.start(t, [...under, ...command, 'run', `--admin=127.0.0.1:${admin.port}`, ...args]);
  return { program, admin, status: () => askStatus(admin, 2000) };
}

/** Inodes of the sockets a process has. */
export function socketsOf({ program: { pid } }: Instance): Set<string> {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`)];
    } catch {
      return []; // closed since
    }
  });
  return new Set(links.filter((link) => link.startsWith('socket:')));
}

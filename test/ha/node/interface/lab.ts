// lab — what the tests of the interface share: what is wanted, the `ip` command to see and disturb it, a child that asks.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NodeInterface } from '../../../../ha/node/interface/interface.ts';
import type { WantedState } from '../../../../ha/node/wanted-state.ts';
import type { InterfaceType } from '../../../../src/config.ts';
import { runToEnd } from '../../../lab/program.ts';

export const served = ['169.254.20.10', 'fd00:53::10'] as const;
export const interfaceName = 'nodelocaldns';

export function wantedStateOf(type: InterfaceType, change: Partial<WantedState> = {}): WantedState {
  return {
    interface: { name: interfaceName, type },
    rules: 'none',
    addresses: served,
    port: 53,
    healthPorts: [],
    keep: false,
    ...change,
  };
}

/** The command's output; words are separated by spaces. @throws when it fails */
export function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `address/prefix` of each of an interface, and whether it is UP; undefined when there is no such interface. */
export function interfaceAs(name = interfaceName): { up: boolean; addresses: string[] } | undefined {
  const all: readonly Shown[] = JSON.parse(ip('-json address show'));
  const shown = all.find(({ ifname }) => ifname === name);
  if (shown === undefined) return undefined;
  const addresses = shown.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return { up: shown.flags.includes('UP'), addresses: addresses.sort() };
}

/** Applies the plan, and returns it. */
export async function repair(part: NodeInterface): Promise<readonly string[]> {
  const observation = await part.observe();
  await part.apply(observation);
  return observation.plan;
}

export interface Told {
  readonly change?: readonly string[];
  readonly refusal?: { readonly name: string; readonly kind: string; readonly message: string };
}

/** What a process says that observes and applies the plan. @param under a command that runs it */
export async function repairUnder(under: readonly string[], type: InterfaceType): Promise<Told> {
  const path = fileURLToPath(new URL('once.js', import.meta.url));
  const { stdout, stderr } = await runToEnd([...under, process.execPath, path, type]);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`it said nothing: ${stderr}`);
  }
}

export const withoutNetAdmin = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'] as const;

// ---------------------------------------------------------------------------------------------------------------------

interface Shown {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

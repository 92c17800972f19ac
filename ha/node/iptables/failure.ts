// failure — why a program of iptables failed, for people: what it met, and what to do.
//
// The exit codes do not tell: 4 stands for a lock that is held as well as for a missing privilege.

import { errnoOf, messageOf } from '../../../src/errors.ts';
import type { SetupError } from '../../../src/status.ts';
import { NodeError } from '../node-part.ts';

/** How a program ended. */
export interface Ended {
  /** Undefined when it was killed, for taking too long say. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param input that the program was given */
export function failure(program: string, { status, stderr }: Ended, input = ''): NodeError {
  if (status === undefined)
    return new NodeError('iptables', `${program} took too long and was killed. ${again}`, { passing: true });
  const said = stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')) // warnings about the other variant
    .join(' ');
  const known = causes.find(({ pattern }) => pattern.test(said)) ?? deletionFailed(said, input);
  if (known)
    return new NodeError(known.kind, `${program} ${known.what}: ${said} ${known.todo}`, {
      passing: known.passing ?? false,
    });
  return new NodeError(
    'iptables',
    `${program} failed with exit code ${status}: ${said || 'it did not say why'}. Run it by hand to see more, ${otherwise}.`,
  );
}

export function notStarted(program: string, cause: unknown): NodeError {
  return errnoOf(cause) === 'ENOENT'
    ? new NodeError(
        'iptables',
        `${program} is not installed. Install the Debian package iptables, ${otherwise}.`,
        { cause },
      )
    : new NodeError('iptables', `${program} cannot be run: ${messageOf(cause)}. Mend it, ${otherwise}.`, {
        cause,
      });
}

/** A listing failed because the kernel has no such variant or table, and so no rules in it. */
export function isAbsent({ stderr }: Ended): boolean {
  return /generation id: (?:Protocol not supported|Invalid argument|Operation not supported)|Table `\w+' does not exist/.test(
    stderr,
  );
}

// ---------------------------------------------------------------------------------------------------------------------

const otherwise = 'or choose --rules nftables or --rules none';
const again = 'It is tried again.';

interface Cause {
  readonly pattern: RegExp;
  readonly kind: SetupError;
  readonly what: string;
  readonly todo: string;
  readonly passing?: boolean;
}

const causes: readonly Cause[] = [
  {
    pattern: /holding the xtables lock/,
    kind: 'iptables_lock',
    what: 'gave up waiting for the lock that all programs share which change rules',
    todo: again,
    passing: true,
  },
  {
    // With a lock of our own, the rules of a program that writes at the same time would be lost.
    pattern: /can't open lock file|Can't lock/i,
    kind: 'iptables_lock',
    what: 'cannot use the lock that all programs share which change rules',
    todo: "Mount the host's /run/xtables.lock as a file, writable; without containers, make its folder.",
  },
  {
    // The nft variant has no lock: the program that commits second is refused.
    pattern: /Resource temporarily unavailable|Device or resource busy|Interrupted system call/,
    kind: 'iptables_lock',
    what: 'met a change of the rules by another program',
    todo: again,
    passing: true,
  },
  {
    pattern: /Permission denied|Operation not permitted|must be root/,
    kind: 'iptables',
    what: 'may not touch the rules',
    todo: 'Run as root with the capability NET_ADMIN (and NET_RAW where iptables is the legacy variant), or leave the rules alone with --rules none.',
  },
  {
    pattern: /unable to initialize table/,
    kind: 'iptables',
    what: 'cannot open its tables',
    todo: `Either a capability is missing, NET_ADMIN or NET_RAW, or the kernel has no module iptable_raw or iptable_filter. Add it, ${otherwise}.`,
  },
];

/** The legacy variant names the line of its input and says no more. */
function deletionFailed(said: string, input: string): Omit<Cause, 'pattern'> | undefined {
  const [, line] = /line (\d+) failed/.exec(said) ?? [];
  if (line === undefined || !input.split('\n')[Number(line) - 1]?.startsWith('-D')) return undefined;
  return {
    kind: 'iptables',
    what: 'was to delete a rule that another program had deleted by then',
    todo: again,
    passing: true,
  };
}

// errors — the one error class meant for people, and the table of what can go wrong.
//
// A message says what happened, where, and what to do; it is printed alone, so it has to stand alone. The code is for
// programs and tests. Exceptions are for "this process must not go on"; outcomes on the query path are words.

/** Every code with its exit status and, for `--help` and the docs, the case it stands for. */
export const errorTable = {
  FAILED: { exitCode: 1, meaning: 'failed: the message says why' },
  SLOTS_TAKEN: { exitCode: 1, meaning: 'failed: both slots of the address are in use' },
  NO_ANSWER: { exitCode: 1, meaning: 'failed: no server answered the query in time' },
  USAGE: { exitCode: 2, meaning: 'usage: a command, flag or value was not understood' },
  CONFIG_REFUSED: { exitCode: 3, meaning: 'configuration refused: the values do not fit together' },
  NOT_PERMITTED: { exitCode: 4, meaning: 'not permitted: a privilege is missing' },
  CANNOT_BIND: { exitCode: 5, meaning: 'cannot bind: an address or port is taken or not on this machine' },
  NO_INSTANCE: { exitCode: 6, meaning: 'no running instance answered' },
  NODE_REFUSED: { exitCode: 7, meaning: 'the interface or the rules of the node could not be seen to' },
} as const;
export type ErrorCode = keyof typeof errorTable;

/** Exit statuses as the help lists them, one sentence each. */
export const exitCodes: readonly (readonly [status: number, meaning: string])[] = [
  [0, 'done'],
  [1, 'failed: the message says why'],
  ...Object.values(errorTable)
    .filter(({ exitCode }) => exitCode > 1)
    .map(({ exitCode, meaning }) => [exitCode, meaning] as const),
];

export class TwindnsError extends Error {
  override readonly name = 'TwindnsError';
  readonly code: ErrorCode;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = errorTable[code].exitCode;
  }
}

/**
 * What the kernel's refusal to bind means to a person.
 *
 * @param what the thing that was to be bound, e.g. `DNS at 127.0.0.1:53/udp`
 * @param flag the flag that would change it, e.g. `--port N`
 */
export function bindError(what: string, flag: string, cause: unknown): TwindnsError {
  switch (errnoOf(cause)) {
    case 'EACCES':
    case 'EPERM':
      return new TwindnsError(
        'NOT_PERMITTED',
        `cannot serve ${what}: not permitted. Ports below 1024 need root or CAP_NET_BIND_SERVICE; choose another with ${flag}.`,
        { cause },
      );
    case 'EADDRINUSE':
      return new TwindnsError(
        'CANNOT_BIND',
        `cannot serve ${what}: the port is taken by another process. Stop it, or choose another with ${flag}.`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
      return new TwindnsError(
        'CANNOT_BIND',
        `cannot serve ${what}: no interface of this machine has the address. Add it, or choose another with ${flag}.`,
        { cause },
      );
    default:
      return new TwindnsError(
        'CANNOT_BIND',
        `cannot serve ${what}: ${messageOf(cause)}. Change it with ${flag}.`,
        {
          cause,
        },
      );
  }
}

/** Whether the kernel refused to let an address or a port be had, and not something else that was needed for it. */
export function isBindRefusal(thrown: unknown): boolean {
  return bindErrnos.has(errnoOf(thrown) ?? '') && bindCalls.has(syscallOf(thrown) ?? '');
}

/** What to tell people of a system call that failed, where nothing is known that they could do; undefined if none did. */
export function refusedCall(thrown: unknown): string | undefined {
  if (errnoOf(thrown) === undefined || syscallOf(thrown) === undefined) return undefined;
  return `the kernel refused a system call: ${messageOf(thrown)}`;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** `ENOENT` and its like, if the kernel said so. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

const bindErrnos: ReadonlySet<string> = new Set(['EACCES', 'EADDRINUSE', 'EADDRNOTAVAIL', 'EPERM']);
/** A TCP port may turn out to be taken when it is listened at. */
const bindCalls: ReadonlySet<string> = new Set(['bind', 'listen']);

function syscallOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown)) return undefined;
  return typeof thrown.syscall === 'string' ? thrown.syscall : undefined;
}

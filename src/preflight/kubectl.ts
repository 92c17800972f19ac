// kubectl — asks a cluster for its objects by the program kubectl and the context of its user; it reads, and never writes.

import { execFile } from 'node:child_process';
import { errnoOf, TwindnsError } from '../errors.ts';
import { listAt, textAt } from './fields.ts';

export interface Ended {
  /** Undefined if it was ended for taking too long, or saying too much. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws what the kernel says where the program cannot be started */
export type RunKubectl = (args: readonly string[]) => Promise<Ended>;

export interface Wanted {
  /** As kubectl knows it: `networkpolicies.networking.k8s.io`. */
  readonly resource: string;
  /** All of them without one. */
  readonly namespace?: string;
  /** All of the namespace without any. */
  readonly names?: readonly string[];
}

/** Objects, or the reason why they were not seen. A kind that the cluster does not have has no objects. */
export type Seen = { readonly items: readonly unknown[] } | { readonly unseen: string };

export class Kubectl {
  readonly #run: RunKubectl;
  readonly #context: readonly string[];

  constructor(run: RunKubectl, context: string | undefined) {
    this.#run = run;
    this.#context = context === undefined ? [] : [`--context=${context}`];
  }

  /** @throws TwindnsError FAILED where there is no kubectl, or no cluster that answers it */
  async reach(): Promise<void> {
    const { status, stderr, stdout } = await this.#get(['--raw=/version']);
    if (status === 0 || isForbidden(stderr)) return;
    throw new TwindnsError(
      'FAILED',
      `kubectl reaches no cluster: ${reasonOf({ status, stderr, stdout })}. ` +
        'Try `kubectl version`, or name another context by --context NAME.',
    );
  }

  async see({ resource, namespace, names = [] }: Wanted): Promise<Seen> {
    const everywhere = names.length > 0 ? [] : ['--all-namespaces']; // kubectl takes no names with it
    const where = namespace === undefined ? everywhere : [`--namespace=${namespace}`];
    const ended = await this.#get([resource, ...names, ...where, '--ignore-not-found', '--output=json']);
    if (ended.status !== 0) return isUnknownKind(ended.stderr) ? { items: [] } : { unseen: reasonOf(ended) };
    if (ended.stdout.trim() === '') return { items: [] };
    try {
      const found: unknown = JSON.parse(ended.stdout);
      // A single object comes as it is, several as a list.
      return { items: textAt(found, 'kind').endsWith('List') ? listAt(found, 'items') : [found] };
    } catch {
      return { unseen: 'kubectl printed no JSON' };
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #get(words: readonly string[]): Promise<Ended> {
    try {
      return await this.#run([...this.#context, 'get', ...words, `--request-timeout=${REQUEST}s`]);
    } catch (cause) {
      const why =
        errnoOf(cause) === 'ENOENT' ? 'it is not installed, or not in PATH' : String(errnoOf(cause));
      throw new TwindnsError('FAILED', `cannot run kubectl: ${why}. This command looks at a cluster by it.`, {
        cause,
      });
    }
  }
}

/** The program of that name in PATH. */
export const runKubectl: RunKubectl = (args) =>
  new Promise((resolve, reject) => {
    const child = execFile('kubectl', args, limits, (error, stdout, stderr) => {
      const code = error?.code;
      if (typeof code === 'string' && error?.syscall !== undefined) reject(error);
      else
        resolve({
          status: error === null ? 0 : Number.isInteger(code) ? Number(code) : undefined,
          stdout,
          stderr,
        });
    });
    child.stdin?.end(); // it may ask for a password: there is none
  });

// ---------------------------------------------------------------------------------------------------------------------

/** Seconds that kubectl gives a request. */
const REQUEST = 20;

/** The nodes of a large cluster have some 15 kB each. A cluster that trickles is left after a minute. */
const limits = { maxBuffer: 256 * 1024 * 1024, timeout: 60_000, killSignal: 'SIGKILL' } as const;

function isForbidden(stderr: string): boolean {
  return /\(Forbidden\)|forbidden:/i.test(stderr);
}

function isUnknownKind(stderr: string): boolean {
  return /the server doesn't have a resource type|could not find the requested resource/.test(stderr);
}

function reasonOf({ status, stderr }: Ended): string {
  if (status === undefined) return 'kubectl took longer than a minute, or printed more than 256 MiB';
  const [line = ''] = stderr
    .split('\n')
    .filter((one) => one.trim() !== '')
    .slice(-1);
  return line === ''
    ? `kubectl ended with ${status}`
    : line.replace(/ - did you specify.*$|\.$/, '').slice(0, 300);
}

// network-namespace — a network of a test's own, with interfaces and rules that nobody else has; for root.

import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { checkout } from './program.ts';

export class NetworkNamespace {
  readonly name: string;

  /** Its loopback is up. Gone when the test ends, with every process that was started in it. */
  static async make(t: Pick<TestContext, 'after'>): Promise<NetworkNamespace> {
    const namespace = new NetworkNamespace(`twindns-${process.pid}-${++made}`);
    await command('ip', ['netns', 'add', namespace.name]);
    t.after(async () => {
      for (const child of namespace.#children) await end(child);
      await command('ip', ['netns', 'delete', namespace.name]);
    });
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  readonly #children: ChildProcess[] = [];

  private constructor(name: string) {
    this.name = name;
  }

  /** What a command prints that runs in it. @throws with its stderr when it fails */
  async run(file: string, ...args: string[]): Promise<string> {
    const { stdout } = await command('ip', ['netns', 'exec', this.name, file, ...args], { timeout: 30_000 });
    return stdout;
  }

  /** A module of the built checkout as a process in it, with a channel for messages. @param under a command that runs it */
  fork(module: string, under: readonly string[] = []): ChildProcess {
    const child = fork(`${checkout}dist/${module}`, [], {
      execPath: 'ip',
      execArgv: ['netns', 'exec', this.name, ...under, process.execPath],
      serialization: 'advanced',
    });
    this.#children.push(child);
    return child;
  }

  /** A cable: an interface here and one there, up, each with an address. @param name of the one here */
  async cable(
    to: NetworkNamespace,
    addresses: readonly (readonly [here: string, there: string])[],
    name = 'cable',
  ): Promise<void> {
    await this.run('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'cable', 'netns', to.name);
    for (const [here, there] of addresses) {
      await this.run('ip', 'address', 'add', here, 'dev', name, ...noProbe(here));
      await to.run('ip', 'address', 'add', there, 'dev', 'cable', ...noProbe(there));
    }
    await this.run('ip', 'link', 'set', name, 'up');
    await to.run('ip', 'link', 'set', 'cable', 'up');
  }
}

/** Ends a process, and it is over. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

// ---------------------------------------------------------------------------------------------------------------------

const command = promisify(execFile);
let made = 0;

/** Whether an IPv6 address is another's would be asked for a second, in which it cannot be used. */
function noProbe(address: string): string[] {
  return address.includes(':') ? ['nodad'] : [];
}

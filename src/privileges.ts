// privileges — what an instance may do is made to be what it needs, whatever it was started with.
//
// The user stays: the kernel lets sockets share a port only if they are of one effective user. So an instance that was started
// by hand as root stays root, but without the capabilities that make root what it is.

import { readFileSync } from 'node:fs';
import { keepCapabilities, leaveNoCore } from 'node-reuseport';
import type { Config } from './config.ts';
import type { Log } from './log/log.ts';

/** capabilities(7). */
const capabilities = { NET_BIND_SERVICE: 10, NET_ADMIN: 12, NET_RAW: 13 } as const;
type Capability = keyof typeof capabilities;

/** For what is written, a core file among them: others may not read it. */
const PRIVATE = 0o077;

/** From the first moment. A core file would hold cached answers, and what clients ask. */
export function keepPrivate(coreFiles: boolean): void {
  process.umask(PRIVATE);
  if (!coreFiles) leaveNoCore();
}

/**
 * NET_BIND_SERVICE: ports below 1024, tried again while they are taken. NET_ADMIN: large receive buffers, and the interface and
 * the rules, which each of the twins sees to while the other is away. NET_RAW: iptables-legacy talks to the kernel by it.
 */
export function needed({ rules }: Pick<Config, 'rules'>): readonly Capability[] {
  return ['NET_BIND_SERVICE', 'NET_ADMIN', ...(rules === 'iptables' ? (['NET_RAW'] as const) : [])];
}

/** Once everything is loaded: what lies in the folder of another user could not be read any more. */
export function dropPrivileges(config: Pick<Config, 'rules'>, log: Log): void {
  const kept = needed(config);
  const mask = kept.reduce((sum, name) => sum | (1 << capabilities[name]), 0);
  const before = permitted();
  const threads = keepCapabilities(mask);
  if (threads < 0) log.warn('capabilities that are not needed could not be given up', { errno: -threads });
  else if (before !== permitted()) log.info('capabilities that are not needed were given up', { kept });
}

// ---------------------------------------------------------------------------------------------------------------------

/** As the kernel writes it; undefined where /proc does not tell. */
function permitted(): string | undefined {
  try {
    return /^CapPrm:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}

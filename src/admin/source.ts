// source — what the admin port reads of an instance, each time it is asked.

import type { Stalls } from '../loop/stalls.ts';
import type { Resolver } from '../resolver.ts';
import type { CustodyStatus, InstanceMinute, InstanceStatus, NodeStatus, PortStatus } from '../status.ts';
import { kernelDrops } from './kernel-drops.ts';

export interface Source
  extends Pick<Resolver, 'counters' | 'listeners' | 'servers' | 'sockets' | 'status' | 'upstreamCounters'> {
  custody(): CustodyStatus;
  /** Of this process. */
  readonly stalls: Pick<Stalls, 'seconds'>;
  /** Undefined where no instance keeps the interface and the rules. */
  node(): NodeStatus | undefined;
  /** What is not there yet of interface and rules, a sentence; undefined once they have been. */
  pending?(): string | undefined;
  /** Whether another process waits for our slot. */
  isAwaited?(): boolean;
  /** The user whose process has the name of our slot, if one does. */
  readonly slotNameTakenBy?: number | undefined;
  /** Why the cluster DNS is waited for, part of a sentence; undefined when it is not. */
  waitsForClusterDns?(): string | undefined;
  /** The HTTP ports. */
  ports(): readonly PortStatus[];
}

/** With what the admin port has noted itself. */
export interface NotedSource extends Source {
  lastMinute(): InstanceMinute;
}

export function instanceStatus(source: NotedSource): InstanceStatus {
  const status = source.status();
  const drops = kernelDrops(source.sockets);
  const listen = status.listen.map((at) => ({ ...at, queueDrops: drops.get(at.address) ?? null }));
  const [custody, node] = [source.custody(), source.node() ?? null];
  return {
    ...status,
    lastMinute: source.lastMinute(),
    listen,
    ports: source.ports(),
    slotNameTakenBy: source.slotNameTakenBy ?? null,
    waitsForClusterDns: source.waitsForClusterDns?.() ?? null,
    custody,
    node,
  };
}

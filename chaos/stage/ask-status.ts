// ask-status — what an instance says of itself, as a monitoring system would ask for it: GET /status.

import type { Endpoint } from '../../src/config.ts';
import type { InstanceStatus } from '../../src/status.ts';

/** @throws Error when there is no such answer in time */
export async function askStatus({ address, port }: Endpoint, timeoutMs: number): Promise<InstanceStatus> {
  const signal = AbortSignal.timeout(timeoutMs);
  // A connection of its own: a connection that is kept may be to a process that is gone.
  const reply = await fetch(`http://${address}:${port}/status`, { signal, headers: { connection: 'close' } });
  return (await reply.json()) as InstanceStatus;
}

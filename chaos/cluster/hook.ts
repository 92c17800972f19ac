// hook — what a kubelet calls before it tells a container to stop: an HTTP GET whose answer may take as long as the pod has.

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Endpoint } from '../../src/config.ts';

/** Resolves when it has an answer, whatever that is, or can have none: a kubelet goes on all the same. */
export async function called({ address, port }: Endpoint, path: string): Promise<void> {
  // Not fetch: that gives up after 300 s, and a kubelet does not.
  const request = get({ host: address, port, path, agent: false });
  try {
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    reply.resume();
    await once(reply, 'close');
  } catch {
    // The instance was killed.
  }
}

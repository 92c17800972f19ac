// probe — one look at an instance as a kubelet takes it: an HTTP GET that has to be answered by 200 to 399 in time.

import type { Probe } from './shapes.ts';

/** What was wrong, or undefined. @param nodeIp asked unless the probe names a host: that of a pod in the node's network */
export async function probed(
  { httpGet, timeoutSeconds }: Probe,
  nodeIp: string,
): Promise<string | undefined> {
  const { host = nodeIp, port, path } = httpGet;
  const url = `http://${host}:${port}${path}`;
  try {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    // A kubelet opens a connection for each probe.
    const reply = await fetch(url, { signal, redirect: 'manual', headers: { connection: 'close' } });
    const text = await reply.text();
    return reply.status >= 200 && reply.status < 400
      ? undefined
      : `${url} said ${reply.status}: ${text.trim()}`;
  } catch (error) {
    return `${url} did not answer: ${error instanceof Error ? error.message : error}`;
  }
}

// ask-status — asks an instance for its /status. An instance itself never does: node:http is loaded when it is needed.

import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import type { InstanceStatus } from '../status.ts';

/** @throws Error with a short reason if nothing there answers as an instance does */
export async function askStatus({ address, port }: Endpoint, timeoutMs: number): Promise<InstanceStatus> {
  const { get } = await import('node:http');
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(reason));
    const request = get(
      { host: address, port, path: '/status', agent: false, timeout: timeoutMs },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
          if (body.length > maxLength) request.destroy(new Error('answer too long'));
        });
        response.on('end', () => {
          const status = readStatus(body);
          if (status === undefined) fail(`something else answers at ${formatEndpoint({ address, port })}`);
          else resolve(status);
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ECONNREFUSED' ? 'nothing listens there' : error.message),
    );
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const maxLength = 4 * 1024 * 1024;

function readStatus(body: string): InstanceStatus | undefined {
  try {
    const status: unknown = JSON.parse(body);
    const ours = typeof status === 'object' && status !== null && 'slot' in status && 'cache' in status;
    return ours ? (status as InstanceStatus) : undefined;
  } catch {
    return undefined;
  }
}

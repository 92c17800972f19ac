// status-sources — where instances are asked for their status: at their admin ports, or where they have none by the socket of
// commands.

import { formatEndpoint, slots } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import { defaultAdmin, whereOf } from '../options/build-config.ts';
import { parseEndpoint } from '../options/endpoint.ts';
import { type Environment, readOptions } from '../options/options.ts';
import type { InstanceStatus } from '../status.ts';
import { askStatus } from './ask-status.ts';

export interface StatusSource {
  /** `127.0.0.1:9253`, or a slot. */
  readonly where: string;
  /** Rejects with a short reason. */
  ask(): Promise<InstanceStatus>;
}

/** Milliseconds. */
const TIMEOUT = 2000;

/** @param admin as the flag says, or the environment  @throws TwindnsError USAGE */
export async function statusSources(
  admin: string | undefined,
  env: Environment,
): Promise<readonly StatusSource[]> {
  const given = admin ?? (env.TWINDNS_INSTANCES || env.TWINDNS_ADMIN);
  if (given?.trim() === 'off') {
    const { callerOf } = await import('../control/call-instance.ts'); // its addon is needed for nothing else
    const call = callerOf(whereOf(readOptions({}, env)));
    return slots.map((slot) => ({ where: slot, ask: () => call(slot, 'status', {}, TIMEOUT) }));
  }
  const texts =
    given && given !== 'auto' ? given.split(',') : Object.values(defaultAdmin).map(formatEndpoint);
  return texts.map((text) => {
    const endpoint = parseEndpoint(text.trim(), undefined);
    if (endpoint !== undefined)
      return { where: formatEndpoint(endpoint), ask: () => askStatus(endpoint, TIMEOUT) };
    throw new TwindnsError(
      'USAGE',
      `--admin is ${JSON.stringify(text.trim())}: not an address. Give ADDR:PORT, e.g. 127.0.0.1:9253, or off.`,
    );
  });
}

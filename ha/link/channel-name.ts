// channel-name — where the process that serves a slot can be called; both derive it from what they serve.

import { createHash } from 'node:crypto';
import type { Config, Slot } from '../../src/config.ts';

/** Addresses may be many and a name has room for 105 bytes, so it holds their digest. */
export function channelName({ listen, port }: Pick<Config, 'listen' | 'port'>, slot: Slot): string {
  const digest = createHash('sha256')
    .update([...listen].sort().join(','))
    .digest('hex')
    .slice(0, 32);
  return `twindns/channel/${digest}/${port}/${slot}`;
}

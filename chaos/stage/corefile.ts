// corefile — the Corefile of a member that serves more than one port: what the flags of the others say, at each of them.

import { writeFileSync } from 'node:fs';
import type { Slot } from '../../src/config.ts';

const CLUSTER = ['cluster.local', 'in-addr.arpa', 'ip6.arpa'];

export function corefileOf(folder: string, slot: Slot): string {
  return `${folder}/Corefile-${slot}`;
}

/** @param ports where it serves  @param upstreams ports of the servers; the first is the cluster DNS, too */
export function writeCorefile(
  path: string,
  ports: readonly number[],
  upstreams: readonly number[],
  address: string,
): void {
  const at = (zones: readonly string[]) =>
    zones.flatMap((zone) => ports.map((port) => `${zone}:${port}`)).join(' ');
  const servers = upstreams.map((port) => `127.0.0.1:${port}`);
  writeFileSync(
    path,
    `${at(CLUSTER)} {
    bind ${address}
    cache 30
    forward . ${servers[0]} {
        force_tcp
    }
}
${at(['.'])} {
    bind ${address}
    cache 30
    forward . ${servers.join(' ')}
}
`,
  );
}

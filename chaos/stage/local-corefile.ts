// local-corefile — the Corefile of a pair that answers some names itself, asks for some as other names, and has a server over TLS;
// and what else it may say, so that the same questions still have the same answers.

import { domains, hostLines } from '../load/local-names.ts';
import type { ConfigMap } from './config-map.ts';

/** What the certificate is for. */
export const TLS_NAME = 'dns.chaos.test';

export interface LocalPlace {
  readonly map: ConfigMap;
  readonly address: string;
  readonly port: number;
  /** Ports of the servers; the first is the cluster DNS, too. */
  readonly upstreams: readonly number[];
  readonly tlsPort: number;
  /** The certificate of the server over TLS, a PEM text. */
  readonly authority: string;
}

export interface Variant {
  /** Served beside the usual one. */
  readonly port?: number;
  /** Of all servers, in another order, rather than of the first. */
  readonly allUpstreams?: true;
  /** The zones stand in the other order, and there is one more. */
  readonly otherZones?: true;
  /** Names that servers answer alike are asked for. */
  readonly fewerZones?: true;
  /** Seconds an answer is kept at most. */
  readonly ttl?: number;
  /** Behind all. */
  readonly more?: string;
}

/** Of its ConfigMap. */
export type LocalFiles = Readonly<Record<'Corefile' | 'hosts' | 'ca.pem', string>>;

/** @param variant the usual one unless given */
export function localFiles(place: LocalPlace, variant: Variant = {}): LocalFiles {
  return { Corefile: localCorefile(place, variant), hosts: hostLines(), 'ca.pem': place.authority };
}

// ---------------------------------------------------------------------------------------------------------------------

function localCorefile(place: LocalPlace, variant: Variant): string {
  const { address, upstreams, tlsPort, map } = place;
  const ports = [place.port, ...(variant.port === undefined ? [] : [variant.port])];
  const first = `127.0.0.1:${upstreams[0]}`;
  const servers = variant.allUpstreams ? upstreams.toReversed().map((port) => `127.0.0.1:${port}`) : [first];
  const kept = `cache ${variant.ttl ?? 30}`;
  const cluster = [kept, `forward . ${first} {\n        force_tcp\n    }`];
  const blocks: [zones: string, ...lines: string[]][] = [
    ['cluster.local in-addr.arpa ip6.arpa', ...cluster],
    [
      domains.rewritten,
      `rewrite name suffix .${domains.rewritten}. .${domains.target}. answer auto`,
      ...cluster,
    ],
    [
      domains.template,
      `template IN A {
        match "^hit-([0-9]+)-([0-9]+)[.]template[.]"
        answer "{{ .Name }} 60 IN A 198.18.{{ index .Match 1 }}.{{ index .Match 2 }}"
    }`,
    ],
    ['.', kept, 'errors', 'reload 2s 1s', `forward . ${servers.join(' ')}`],
  ];
  if (!variant.fewerZones)
    blocks.push(
      [domains.hosts, `hosts ${map.folder}/hosts {\n        ttl 60\n    }`],
      [
        domains.tls,
        kept,
        `forward . tls://127.0.0.1:${tlsPort} {\n        tls ${map.folder}/ca.pem\n        tls_servername ${TLS_NAME}\n    }`,
      ],
    );
  if (variant.otherZones) blocks.reverse().unshift(['other.example', kept, `forward . ${servers.join(' ')}`]);
  const texts = blocks.map(([zones, ...lines]) => {
    const keys = zones.split(' ').flatMap((zone) => ports.map((port) => `${zone}:${port}`));
    return `${keys.join(' ')} {\n    bind ${address}\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;
  });
  return texts.join('') + (variant.more ?? '');
}

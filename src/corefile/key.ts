// key — a word of a server block's header: `[SCHEME://]ZONE[:PORT]`, where the zone may be a network.

import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { readZone } from './zone-name.ts';

export interface Key {
  readonly word: Word;
  readonly zones: readonly string[];
  readonly port: number;
}

/** Undefined, and told, when it is none. @param defaultPort of keys without one */
export function readKey(word: Word, defaultPort: number, faults: Faults): Key | undefined {
  const [, scheme, rest = ''] = /^(?:([A-Za-z0-9+]+):\/\/)?(.*)$/s.exec(word.text) ?? [];
  if (scheme !== undefined && scheme.toLowerCase() !== 'dns') {
    faults.refuse(
      word,
      other.has(scheme.toLowerCase())
        ? `${quoted(word)}: clients are served over UDP and TCP alone, not over ${scheme}. Serve it elsewhere, and take the zone out here.`
        : `${quoted(word)}: ${scheme}:// is no scheme. Write dns://, or the zone alone.`,
      ['dns'],
    );
    return undefined;
  }
  const [, name, digits] = /^(.*):([+-]?\d+)$/s.exec(rest) ?? [undefined, rest, undefined];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (rest.endsWith(':') || port > 65535 || (digits !== undefined && port <= 0)) {
    faults.refuse(word, `${quoted(word)}: behind the last colon comes a port, a number from 1 to 65535.`);
    return undefined;
  }
  if (name === '' && digits !== undefined) {
    faults.refuse(word, `${quoted(word)} names no zone. The root is written .:${digits}.`);
    return undefined;
  }
  const zones = readZone({ ...word, text: name! }, faults);
  return zones === undefined ? undefined : { word, zones, port };
}

// ---------------------------------------------------------------------------------------------------------------------

const other: ReadonlySet<string> = new Set(['tls', 'https', 'https3', 'grpc', 'quic']);

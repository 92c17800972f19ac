// forward-target — a TO of `forward`: an address with or without port and scheme, or a file that names servers.

import { parseAddress, parseEndpoint } from '../options/endpoint.ts';
import { parseResolvConf } from '../options/resolv-conf.ts';
import type { ServerPlan } from '../plan/forward-plan.ts';
import type { BlockContext } from './block-parts.ts';
import type { Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { whyUnreadable } from './unreadable.ts';

export type Target =
  | { readonly kind: 'server'; readonly server: ServerPlan }
  | { readonly kind: 'file'; readonly path: string; readonly names: number };

/** Undefined, and told, when it is none. */
export function readTarget(word: Word, { faults, surroundings }: BlockContext): Target | undefined {
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z0-9+]+):\/\/)?(.*)$/s.exec(word.text) ?? [];
  if (rest === '') {
    faults.refuse(
      word,
      '`forward` is given an empty word where a server is expected: is a variable not set?',
    );
    return undefined;
  }
  if (scheme !== '' && scheme !== 'dns' && scheme !== 'tls') {
    faults.refuse(
      word,
      schemes.has(scheme)
        ? `${quoted(word)}: servers are asked over dns:// or tls://, not over ${scheme}://.`
        : `${quoted(word)}: ${scheme}:// is no scheme. Servers are asked over dns:// or tls://.`,
      ['dns', 'tls'],
    );
    return undefined;
  }
  const protocol = scheme === 'tls' ? 'tls' : 'dns';
  const { where, name } = protocol === 'tls' ? withoutName(rest) : { where: rest, name: undefined };
  const endpoint = addressOf(where, protocol === 'tls' ? 853 : 53);
  if (endpoint !== undefined) {
    if (endpoint.port > 0) return { kind: 'server', server: { endpoint, protocol, serverName: name } };
    faults.refuse(word, `${quoted(word)}: a port is a number from 1 to 65535.`);
    return undefined;
  }
  if (scheme === '') return fileOf(word);
  faults.refuse(
    word,
    `${quoted(word)}: behind ${scheme}:// comes an IP address. Host names are not looked up.`,
  );
  return undefined;

  function fileOf(word: Word): Target | undefined {
    let text: string;
    try {
      text = surroundings.readFile(word.text, MOST_BYTES);
    } catch (cause) {
      faults.refuse(
        word,
        word.text.includes('/')
          ? `the file ${word.text} cannot be read: ${whyUnreadable(cause)}.`
          : `${quoted(word)} is neither an IP address nor a file. Host names are not looked up: write the address of the server.`,
      );
      return undefined;
    }
    return { kind: 'file', path: word.text, names: parseResolvConf(text).length };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of a file with servers. */
const MOST_BYTES = 65_536;

/** What CoreDNS asks by and this program does not. */
const schemes: ReadonlySet<string> = new Set(['https', 'https3', 'grpc', 'quic']);

/** `192.0.2.1%dns.example:853`: the name its certificate has comes behind the address. */
function withoutName(text: string): { readonly where: string; readonly name: string | undefined } {
  const [, address, name, port = ''] = /^([^%]+)%([^:%]+)(:\d+)?$/.exec(text) ?? [];
  if (address === undefined || name === undefined) return { where: text, name: undefined };
  const bracketed = port !== '' && parseAddress(address)?.includes(':') ? `[${address}]` : address;
  return { where: `${bracketed}${port}`, name };
}

/** A link-local address keeps its zone: fe80::1%eth0. */
function addressOf(text: string, defaultPort: number) {
  const [, open, address = '', zone = '', port] =
    /^(\[?)(fe[89ab][\da-f]:[\da-f:]+)(%[\w.@-]{1,15})\]?(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const bare = parseAddress(address);
  if (bare === undefined) return parseEndpoint(text, defaultPort);
  if (port !== undefined && open !== '[') return undefined;
  return { address: `${bare}${zone}`, port: port === undefined ? defaultPort : Number(port) };
}

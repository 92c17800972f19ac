// networks — which of thousands of networks hold an address: one look for each prefix length that occurs, not one a network.

import { addressBytes } from './ip-address.ts';

/** `192.0.2.0/24` or an address alone; bits behind the prefix are nothing. */
export interface Network {
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/** Undefined when it is neither. An IPv4 network in its IPv6 form is that of IPv4 (RFC 4291 section 2.5.5.2). */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return undefined;
  const whole = addressBytes(address);
  if (whole === undefined) return undefined;
  const isMapped = whole.length === 16 && whole.indexOf(MAPPED) === 0;
  const bytes = isMapped ? whole.subarray(MAPPED.length) : whole;
  const length = prefix === undefined ? bytes.length * 8 : Number(prefix) - (isMapped ? 96 : 0);
  return length >= 0 && length <= bytes.length * 8 ? { bytes, prefix: length } : undefined;
}

export function holds(network: Network, address: Uint8Array): boolean {
  return (
    network.bytes.length === address.length &&
    keyOf(address, network.prefix) === keyOf(network.bytes, network.prefix)
  );
}

/** Values by network. */
export class NetworkTable<Value> {
  /** By length of an address, then of a prefix, longest first, then the prefix itself. */
  readonly #byFamily: Record<number, Map<number, Map<string, Value[]>>> = { 4: new Map(), 16: new Map() };

  /** Values of one network stay in the order in which they are added. */
  add(network: Network, value: Value): void {
    const byPrefix = this.#byFamily[network.bytes.length]!;
    const byKey = byPrefix.get(network.prefix) ?? new Map<string, Value[]>();
    byPrefix.set(network.prefix, byKey);
    const key = keyOf(network.bytes, network.prefix);
    const values = byKey.get(key);
    if (values === undefined) byKey.set(key, [value]);
    else values.push(value);
  }

  /** The values of each network that holds the address; networks come in no particular order. */
  *of(address: Uint8Array): Iterable<readonly Value[]> {
    for (const [prefix, byKey] of this.#byFamily[address.length] ?? []) {
      const values = byKey.get(keyOf(address, prefix));
      if (values !== undefined) yield values;
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** The bits before the prefix ends, one byte a character. */
function keyOf(bytes: Uint8Array, prefix: number): string {
  const whole = prefix >>> 3;
  let key = '';
  for (let i = 0; i < whole; i++) key += String.fromCharCode(bytes[i]!);
  const bits = prefix & 7;
  return bits === 0 ? key : key + String.fromCharCode(bytes[whole]! & (0xff00 >>> bits));
}

// question — what a zone's guards and steps know of a query.

/** A domain name in wire form, folded, one byte a character, the root label included: '\x03www\x07example\x00'. */
export type WireName = string;

export interface Question {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  readonly client: Client;
}

export interface Client {
  /** Without brackets or zone. An IPv4 address is never in its IPv6 form. */
  readonly address: string;
  readonly port: number;
  /** The address and port it asked. */
  readonly server: { readonly address: string; readonly port: number };
  readonly transport: 'udp' | 'tcp';
}

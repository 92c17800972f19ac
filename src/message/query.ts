// query — the one reusable record of the question being answered; reset for each message, never allocated anew.

/** Bits of `Query.variant`: answers that differ by them are cached apart (RFC 4035 section 3.2.1, RFC 8906 section 8). */
export const VARIANT_DO = 1;
export const VARIANT_CD = 2;
export const VARIANT_NO_RD = 4;

export class Query {
  /** The memory the message lies in, from `start` for `length` bytes; all other offsets count from `start`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  length = 0;

  /** The header's flags word. */
  flags = 0;
  /** Wire bytes of QNAME; 0 while there is no question that could be parsed. */
  nameLength = 0;
  type = 0;
  class = 0;

  hasEdns = false;
  /** The client's own limit for UDP answers, at least 512. */
  udpSize = 0;
  dnssecOk = false;
  /** Whether the OPT record carries options: such queries differ each time (cookies, padding). */
  hasOptions = false;
  /** Which server answers, as the client is told because it asked (RFC 5001); at most 255 bytes. */
  nsid: Uint8Array | undefined = undefined;

  /** Folded name, type, variant: what the cache and the flights are keyed on. */
  key = '';

  /** Points the record at another message and forgets the last one. */
  reset(bytes: Uint8Array, start: number, length: number): void {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.flags = 0;
    this.nameLength = 0;
    this.type = 0;
    this.class = 0;
    this.hasEdns = false;
    this.udpSize = 0;
    this.dnssecOk = false;
    this.hasOptions = false;
    this.nsid = undefined;
    this.key = '';
  }
}

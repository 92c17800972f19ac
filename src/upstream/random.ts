// random — unpredictable 16-bit numbers for query ids and choices, drawn from the kernel in pages (RFC 5452 section 9.2).
//
// From /dev/urandom itself: node:crypto would bring OpenSSL's pages into memory, some 2 MiB, for the same bytes.

import { openSync, readSync } from 'node:fs';

const page = new Uint16Array(1024);
const device = openSync('/dev/urandom', 'r');
let used = page.length;

/** Uniform from 0 to 65535, from a CSPRNG. */
export function random16(): number {
  if (used === page.length) {
    readSync(device, page);
    used = 0;
  }
  return page[used++]!;
}

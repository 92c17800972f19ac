// random — unpredictable 16-bit numbers for query ids and choices, drawn from the system in pages (RFC 5452 section 9.2).

import { randomFillSync } from 'node:crypto';

const page = new Uint16Array(1024);
let used = page.length;

/** Uniform from 0 to 65535, from a CSPRNG. */
export function random16(): number {
  if (used === page.length) {
    randomFillSync(page);
    used = 0;
  }
  return page[used++]!;
}

// look-up-process — asks Node for the addresses of each name it reads, a line each; answers with a line of JSON. By `c-ares` of
// the library in it, else as programs of the system do.

import { lookup, resolve4 } from 'node:dns/promises';
import { createInterface } from 'node:readline';
import { errnoOf } from '../../src/errors.ts';

const ask =
  process.argv[2] === 'c-ares'
    ? resolve4
    : async (name: string) => (await lookup(name, { all: true, family: 4 })).map(({ address }) => address);

for await (const name of createInterface({ input: process.stdin })) {
  const said = await ask(name).catch((error: unknown) => {
    const code = errnoOf(error) ?? String(error);
    return { error: code === 'ENOTFOUND' || code === 'ENODATA' ? 'none' : code };
  });
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

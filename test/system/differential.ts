// differential — CoreDNS and twindns with the same Corefiles, asked the same queries: npm run differential
//
// In a network of its own. CoreDNS is `coredns` of the PATH, or what COREDNS names. Prints how many differences each reason explains,
// and every difference that none does, with its query; ends with 1 if there is one.

import { parseArgs } from 'node:util';
import { checkout, Program } from '../lab/program.ts';
import { flags as bits } from '../lab/wire.ts';
import { compare } from './differential/compare.ts';
import { corefiles } from './differential/corefiles.ts';
import { type Case, explain } from './differential/explanations.ts';
import { cachedAs, limitOf, type Query, queriesFor, queryText } from './differential/queries.ts';
import type { Served } from './differential/served.ts';
import { findCoredns, startServers } from './differential/servers.ts';

/** Queries on their way at once. */
const AT_ONCE = 16;
/** Unexplained differences shown of each Corefile and field; all are counted. */
const SHOWN = 5;
/** Characters shown of a section. */
const WIDTH = 200;

const { values: flags } = parseArgs({
  options: {
    queries: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    inside: { type: 'boolean', default: false },
  },
});
const [count, seed] = [Number(flags.queries), Number(flags.seed)];
const chosen = corefiles.filter(({ name }) => flags.only === undefined || name.includes(flags.only));
const coredns = findCoredns(process.env);
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed)))
  refuse('--queries and --seed are whole numbers, such as --queries 5000 --seed 1');
else if (chosen.length === 0)
  refuse(`no Corefile is called "${flags.only}": there are ${corefiles.map(({ name }) => name).join(', ')}`);
else if (coredns === undefined)
  refuse(
    'there is no CoreDNS: put coredns on the PATH, or its path into COREDNS (go install github.com/coredns/coredns@latest)',
  );
else if (flags.inside) await inside(coredns);
else await inNetwork();

// ---------------------------------------------------------------------------------------------------------------------

function refuse(sentence: string): void {
  process.stderr.write(`differential: ${sentence}.\n`);
  process.exitCode = 2;
}

/** This again, where port 53 is free and nothing leads anywhere. */
async function inNetwork(): Promise<void> {
  const own = [process.execPath, `${checkout}dist/test/system/differential.js`, '--inside'];
  const unshare = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const program = new Program([...unshare, ...own, ...process.argv.slice(2)]);
  program.child.stdout!.pipe(process.stdout);
  program.child.stderr!.pipe(process.stderr);
  process.exitCode = (await program.ended).status;
}

async function inside(program: string): Promise<void> {
  const reasons = new Map<string, number>();
  let unexplained = 0;
  for (const [index, served] of chosen.entries()) {
    const found = await differencesOf(program, served, seed + index);
    const rest = found.filter((one) => {
      const why = explain(one)?.why;
      if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1);
      return why === undefined;
    });
    unexplained += rest.length;
    console.log(`${served.name}: ${found.length} differences, ${rest.length} unexplained`);
    show(rest);
  }
  console.log(`\n${chosen.length} Corefiles, ${count} queries each, seed ${seed}`);
  for (const [why, times] of [...reasons].sort(([, left], [, right]) => right - left))
    console.log(`${String(times).padStart(7)}  ${why}`);
  console.log(`${String(unexplained).padStart(7)}  unexplained`);
  process.exit(unexplained === 0 ? 0 : 1);
}

async function differencesOf(program: string, served: Served, from: number): Promise<Case[]> {
  const servers = await startServers(program, served);
  const found: Case[] = [];
  const queries = queriesFor(served, count, from).values();
  const withoutRd = new Set<string>();
  const ask = async (query: Query) => {
    if (!(query.flags & bits.RD)) withoutRd.add(cachedAs(query));
    const wasWithoutRd = withoutRd.has(cachedAs(query));
    const both = await servers.ask(query);
    const differences = compare(both.coredns, both.twindns, limitOf(query));
    for (const difference of differences)
      found.push({ served, query, difference, differences, wasWithoutRd, ...both });
  };
  const asker = async () => {
    for (const query of queries) await ask(query);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, asker));
  } finally {
    await servers.stop();
  }
  return found;
}

function show(rest: readonly Case[]): void {
  const byField = new Map<string, number>();
  for (const { query, difference } of rest) {
    const { field, coredns: theirs, twindns: ours } = difference;
    const shown = (byField.get(field) ?? 0) + 1;
    byField.set(field, shown);
    if (shown > SHOWN) continue;
    console.log(`  ${queryText(query)}`);
    for (const [server, text] of [
      ['CoreDNS', theirs],
      ['twindns', ours],
    ] as const)
      console.log(`    ${field}: ${server} ${text.slice(0, WIDTH) || 'nothing'}`);
  }
  for (const [field, times] of byField) if (times > SHOWN) console.log(`  ${field}: ${times} in all`);
}

// iptables-save — target: the rules of a node as the program lists them, written by anybody on that node.

import { readListing } from '../../../ha/node/iptables/save.ts';
import { lineOf, wantedRows } from '../../../ha/node/rule-set.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

const rows = wantedRows({ addresses: ['169.254.20.10', 'fd00::a'], port: 53, healthPorts: [8080] });

export const iptablesSave: Target = {
  name: 'iptables-save',
  sentence: 'ha/node reads the rules that programs have made on a node',
  most: 4096,
  seeds: () => [
    listing(rows.map(({ chain, spec }) => `-A ${chain} ${spec}`)),
    listing(rows.slice(0, 2).map(({ chain, spec }) => `[1:2] -A ${chain} ${spec.replace('/32', '')}`)),
    Buffer.from("# Table `raw' is incompatible, use 'nft' tool.\n"),
    listing(['-A INPUT -m comment --comment "a \\" quote\nand a line" -j ACCEPT']),
  ],
  run(input) {
    const text = input.toString('latin1');
    for (const family of ['ipv4', 'ipv6'] as const) {
      const { rows: found, whole } = readListing(family, text);
      for (const row of found) {
        must(
          row.family === family && ['raw', 'filter'].includes(row.table),
          'a row is in a table that we have',
        );
        must(text.includes(row.spec) && !row.chain.includes(' '), 'a row is as it was listed');
        must(row.line.length > 0 && row.line !== lineOf({ ...row, spec: '' }), 'a row has words');
      }
      must(whole || !text.endsWith('COMMIT\n') || /["*]/.test(text), 'a listing with its end is whole');
    }
  },
};

function listing(lines: readonly string[]): Buffer {
  const text = `*raw\n:PREROUTING ACCEPT [0:0]\n${lines.map((line) => `${line}\n`).join('')}COMMIT\n`;
  return Buffer.from(text, 'latin1');
}

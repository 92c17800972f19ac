// foreign-rule-added — another program, as kube-proxy does, writes rules all the time: neither program disturbs the rules of
// the other.

import type { Scenario } from '../scenario.ts';
import { NodeRules } from '../stage/node-rules.ts';
import type { Stage } from '../stage/stage.ts';

/** Rewrites of all its rules, one after the other without a pause. */
const ROUNDS = 12;
/** The round before which one of our rules is deleted. */
const DELETED = 3;
/** Milliseconds: looks that a change of rules causes are a second apart, and this writer leaves little of the machine. */
const IN_TIME = 3000;

const begun = new WeakMap<Stage, NodeRules>();

export const foreignRuleAdded: Scenario = {
  name: 'foreign-rule-added',
  purpose:
    'Another program rewrites 200 rules of its own without end; now and then a rule of ours is deleted.',
  expects: { twindns: 'no loss' },
  times: { quick: 4, thorough: 100 },
  changes: {
    nodeAddress: '169.254.20.10',
    flags: ['--interface-type=tun', '--rules=iptables', '--sync-interval=1s'],
  },
  intrudes: true,
  async strike(stage, chance, { index }) {
    if (!begun.has(stage)) begun.set(stage, new NodeRules(stage.own!, 'nft'));
    const rules = begun.get(stage)!;
    if (index === 0) {
      await rules.begin();
      for (const [table, chain] of places)
        await rules.run('iptables-restore', ['--noflush'], jump(table, chain));
    }
    await rules.run('iptables-restore', ['--noflush'], foreign);
    const { foreign: before } = await rules.list();
    const deletes = index % 2 === 1;
    stage.happened(deletes ? 'rules rewritten, one of ours deleted' : 'rules rewritten');
    let deletedAt = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      if (deletes && round === DELETED) {
        const row = chance.pick((await rules.list()).mine);
        await rules.run(
          'iptables-restore',
          ['--noflush'],
          `*${tableOf(row)}\n${row.replace('-A ', '-D ')}\nCOMMIT\n`,
        );
        deletedAt = performance.now();
      }
      await rules.run('iptables-restore', ['--noflush'], foreign);
      const { mine, foreign: now } = await rules.list();
      if (now !== before) stage.failed('A rule of another program was changed.');
      if (new Set(mine).size !== mine.length) stage.failed('A rule of ours was there twice.');
      const waiting = performance.now() - deletedAt;
      if (mine.length !== ROWS && !(waiting < IN_TIME))
        stage.failed(`Of our ${ROWS} rules there were ${mine.length}.`);
    }
    const ms = await rules.repaired(5000);
    if (ms === undefined) stage.failed('A rule of ours that was deleted did not come back.');
  },
  async check(stage) {
    const rules = begun.get(stage);
    if (rules === undefined) return;
    await rules.end();
    // Where they are gone, the strike has said so.
    for (const [table] of places) await rules.run('iptables', ['-t', table, '-X', CHAIN]).catch(() => '');
  },
};

// ---------------------------------------------------------------------------------------------------------------------

const ROWS = 10;
const CHAIN = 'ANOTHER-PROGRAM';
const places = [
  ['raw', 'PREROUTING'],
  ['filter', 'INPUT'],
] as const;

/** All at once, as kube-proxy writes them. */
const foreign = places
  .map(([table]) => {
    const rows = Array.from(
      { length: 100 },
      (_, n) =>
        `-A ${CHAIN} -s 10.97.${n}.0/24 -p udp -m udp --dport ${1000 + n} -m comment --comment "rule ${n}" -j RETURN`,
    );
    return [`*${table}`, `:${CHAIN} - [0:0]`, ...rows, 'COMMIT', ''].join('\n');
  })
  .join('');

function jump(table: string, chain: string): string {
  return [
    `*${table}`,
    `:${CHAIN} - [0:0]`,
    `-I ${chain} -m comment --comment "another program" -j ${CHAIN}`,
    'COMMIT',
    '',
  ].join('\n');
}

/** A row does not say it. */
function tableOf(row: string): string {
  return row.endsWith('-j ACCEPT') ? 'filter' : 'raw';
}

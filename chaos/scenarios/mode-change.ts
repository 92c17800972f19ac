// mode-change — the pair is told another kind of rules, one instance after the other, the leader by SIGKILL: what the former kind
// set goes once the new kind is in place, and no query is lost by it.

import { onNode } from '../host/on-node.ts';
import type { Scenario } from '../scenario.ts';
import { NodeRules } from '../stage/node-rules.ts';
import type { Changes } from '../stage/recipes.ts';
import type { Stage } from '../stage/stage.ts';
import { until } from '../stage/until.ts';

/** Milliseconds within which only the rules of the new kind are there. */
const IN_TIME = 5000;

const kinds = ['iptables', 'nftables'] as const;
type Kind = (typeof kinds)[number];

const begun = new WeakMap<Stage, NodeRules>();

function changesTo(kind: Kind): Changes & { readonly nodeAddress: string } {
  return { nodeAddress: '169.254.20.10', flags: ['--interface-type=tun', `--rules=${kind}`] };
}

export const modeChange: Scenario = {
  name: 'mode-change',
  purpose:
    'The pair is told nftables instead of iptables, and back, one instance after the other: no rule of the former kind is left.',
  expects: { twindns: 'no loss' },
  times: { quick: 4, thorough: 100 },
  changes: changesTo('iptables'),
  intrudes: true,
  async strike(stage, _chance, { index }) {
    const rules = begun.get(stage) ?? new NodeRules(stage.own!, 'nft');
    if (!begun.has(stage)) await rules.begin();
    begun.set(stage, rules);
    const kind: Kind = index % 2 === 0 ? 'nftables' : 'iptables';
    stage.happened(`to ${kind}`);
    await stage.end('primary', 'SIGKILL');
    await stage.start('primary', changesTo(kind));
    await stage.end('secondary', 'SIGTERM');
    await stage.start('secondary', changesTo(kind));
    const took = await until(() => isAlone(rules, kind), IN_TIME);
    if (took === undefined)
      stage.failed(`${IN_TIME} ms after the change to ${kind} there was: ${await seen(rules)}`);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

async function isAlone(rules: NodeRules, kind: Kind): Promise<boolean> {
  if (kind === 'iptables') return (await rules.areWhole()) && (await tables()) === 'twindns-host';
  return (await rules.list()).mine.length === 0 && (await tables()) === 'twindns';
}

/** Those of ours. */
async function tables(): Promise<string> {
  const listed = await onNode('nft', ['list', 'tables', 'inet']);
  return [...listed.matchAll(/^table inet (twindns\S*)$/gm)].map(([, name]) => name).join(' ');
}

async function seen(rules: NodeRules): Promise<string> {
  const { mine } = await rules.list();
  return [...mine, ...(await tables()).split(' ')].filter((line) => line !== '').join('; ');
}

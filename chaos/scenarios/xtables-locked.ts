// xtables-locked — another program holds the lock of iptables for seconds while rules are missing: no query waits for that.
//
// With the legacy variant: it alone has a lock, and the kernel does not tell of a flush.

import { setTimeout as pause } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { NodeRules } from '../stage/node-rules.ts';
import type { Stage } from '../stage/stage.ts';

/** Milliseconds the lock is held. */
const HELD = { quick: 4000, thorough: 30_000 } as const;
/** Milliseconds within which the rules are made once it is free: the longest pause between tries, and a try. */
const IN_TIME = 6500;

/** After a flush: the interval, and the work. */
const AT_INTERVAL = 2000;

const begun = new WeakMap<Stage, NodeRules>();

export const xtablesLocked: Scenario = {
  name: 'xtables-locked',
  purpose:
    'The rules of iptables-legacy are flushed; then again while another program holds the lock of iptables.',
  expects: { twindns: 'no loss' },
  times: { quick: 2, thorough: 20 },
  // An instance that waited for the lock would wait for a second at least.
  delay: { ms: 900, share: 0 },
  changes: {
    nodeAddress: '169.254.20.10',
    flags: ['--interface-type=tun', '--rules=iptables', '--sync-interval=1s'],
  },
  intrudes: true,
  async strike(stage, _chance, { thorough }) {
    const { own } = stage;
    if (!begun.has(stage)) {
      begun.set(stage, new NodeRules(own!, 'legacy'));
      await begun.get(stage)!.begin();
    }
    const rules = begun.get(stage)!;
    const refusals = async () => (await own!.status('primary')).node?.errors.iptables_lock ?? 0;
    await rules.flush();
    const alone = await rules.repaired(IN_TIME);
    if (alone === undefined || alone > AT_INTERVAL)
      stage.failed(`After a flush the rules were not back within ${AT_INTERVAL} ms.`);
    const before = await refusals();
    const release = await rules.lock();
    try {
      const ms = thorough ? HELD.thorough : HELD.quick;
      stage.happened(`lock held for ${ms} ms`);
      await rules.flush();
      await pause(ms); // the disaster itself, not a wait for something
      if (await rules.areWhole()) stage.failed('Rules were made without the lock.');
      if ((await refusals()) === before) stage.failed('That the lock was held was not counted.');
    } finally {
      await release();
    }
    const took = await rules.repaired(IN_TIME);
    stage.note(
      `The rules were made ${took === undefined ? 'never' : `${Math.round(took)} ms`} after the lock was free.`,
    );
    if (took === undefined)
      stage.failed(`The rules were not made within ${IN_TIME} ms after the lock was free.`);
  },
  async check(stage) {
    await begun.get(stage)?.end();
  },
};

// interface-deleted — the interface, or an address on it, is deleted by hand: no instance can answer until it is back, so it
// must be back soon.

import { setTimeout as pause } from 'node:timers/promises';
import { onNode } from '../host/on-node.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';

const ADDRESS = '169.254.20.10';
/** Milliseconds within which a client is answered again on a machine that has no time left; it takes some 10 elsewhere. */
const IN_TIME = 1000;
/** Milliseconds: an instance waits with a repair that comes within a tenth of a second of another. */
const CALM = 300;

/** Milliseconds between questions. */
const LOOK = 2;

const acts = [
  ['ip link del', ['link', 'delete', 'nodelocaldns']],
  ['ip addr del', ['address', 'delete', `${ADDRESS}/32`, 'dev', 'nodelocaldns']],
] as const;

export const interfaceDeleted: Scenario = {
  name: 'interface-deleted',
  purpose: `The interface, or its address, is deleted by hand: clients are answered again within ${IN_TIME} ms.`,
  // While the address is gone, no query reaches an instance.
  expects: { twindns: 'shown' },
  times: { quick: 6, thorough: 300 },
  changes: { nodeAddress: ADDRESS, flags: ['--interface-type=tun', '--rules=nftables'] },
  intrudes: true,
  async strike(stage, _chance, { index }) {
    await pause(CALM);
    const [what, args] = acts[index % acts.length]!;
    stage.happened(what);
    // From before the command, which may take longer to end than the repair.
    const deleted = performance.now();
    await onNode('ip', args);
    while (typeof (await askOnce(stage.target, 'hit-1.chaos.example', 20)) !== 'number') {
      if (performance.now() > deleted + 5000)
        return stage.failed(`After ${what} no query was answered for 5 s.`);
      await pause(LOOK);
    }
    const ms = Math.round(performance.now() - deleted);
    stage.note(`After ${what} a client was answered again within ${ms} ms.`);
    if (ms > IN_TIME) stage.failed(`After ${what} a client was answered again only after ${ms} ms.`);
    await stage.own!.met();
  },
};

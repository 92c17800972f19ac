// interface-deleted — somebody deletes the interface, or an address on it: nobody can answer until it is back, so it must be soon.

import { setTimeout as pause } from 'node:timers/promises';
import { onNode } from '../host/on-node.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';

const ADDRESS = '169.254.20.10';
/** Milliseconds within which a client is answered again, also where the load leaves the machine no time; some 10 where it does. */
const IN_TIME = 1000;
/** Milliseconds: repairs within a tenth of a second of another wait. */
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
  // Where an address is not, nobody is asked.
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
      if (performance.now() > deleted + 5000) return stage.failed(`After ${what} nobody answered for 5 s.`);
      await pause(LOOK);
    }
    const ms = Math.round(performance.now() - deleted);
    stage.note(`After ${what} a client was answered again within ${ms} ms.`);
    if (ms > IN_TIME) stage.failed(`After ${what} a client was answered again only after ${ms} ms.`);
    await stage.own!.met();
  },
};

// gone-for-good — both instances are gone, and nothing is cleaned up: the kernel hands every query to the cluster DNS, until an
// instance is back. With the rule that takes packets in any case the same has to lose all of them, or nothing was shown.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Asked } from '../load/pod-process.ts';
import type { Scenario } from '../scenario.ts';
import { KubeProxy, type Variant } from './kube-proxy.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';

/** Milliseconds for which the pod asks before the instances go, and without them. */
const BEFORE = 200;
const WITHOUT = 500;
/** Milliseconds within which the pair answers again. */
const BACK = 10_000;

const proxies = new WeakMap<Stage, KubeProxy>();

export interface Kind {
  readonly name: string;
  readonly purpose: string;
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly variant: Variant;
}

export function goneForGood({ name, purpose, signal, variant }: Kind): Scenario {
  return {
    name,
    purpose,
    expects: { twindns: 'shown' },
    times: { quick: 3, thorough: 100 },
    // What the pair answers at other times one process has to answer then, and its queue is short.
    rate: 500,
    connections: 10,
    changes: {
      nodeAddress: '10.96.0.10',
      standing: true,
      flags: ['--interface-type=none', '--rules=iptables', '--keep-interface', '--drain-timeout=1s'],
    },
    intrudes: true,
    async strike(stage) {
      if (!proxies.has(stage)) proxies.set(stage, await KubeProxy.start(stage.own!, variant));
      const proxy = proxies.get(stage)!;
      await whole(stage, proxy);
      await proxy.begin();
      await pause(BEFORE); // as long as the load lasts, not a wait for something
      stage.happened(`${signal} both`);
      await Promise.all(slots.map((slot) => stage.end(slot, signal)));
      const gone = now();
      await pause(WITHOUT);
      tell(stage, await proxy.stop(), gone);
      await proxy.plainRule('-I');
      const control = await proxy.answered();
      await proxy.plainRule('-D');
      if (control.answered > 0)
        stage.failed(
          `With the rule that takes packets in any case ${control.answered} of ${control.asked} were answered, so nothing was shown.`,
        );
      await proxy.begin();
      for (const slot of slots) await stage.start(slot);
      const back = lost(await proxy.stop());
      if (back.udp > 0) stage.failed(`${back.udp} UDP queries were lost while the pair came back.`);
      stage.note(`While the pair came back ${back.tcp} connections of the pod were reset.`);
      await whole(stage, proxy);
    },
    async check(stage) {
      await proxies.get(stage)?.end();
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function tell(stage: Stage, asked: readonly Asked[], gone: number): void {
  const before = lost(asked.filter(({ at }) => at < gone));
  const after = lost(asked.filter(({ at }) => at >= gone));
  stage.note(
    `Of the pod's queries asked before both were gone ${before.udp} of UDP and ${before.tcp} of TCP were lost; of ${after.asked} asked then, ${after.udp} and ${after.tcp}.`,
  );
  if (after.asked === 0) stage.failed('The pod asked nothing when both were gone.');
  if (after.udp + after.tcp > 0)
    stage.failed('When both were gone, the cluster DNS did not answer every query.');
}

function lost(asked: readonly Asked[]): { asked: number; udp: number; tcp: number } {
  const of = (which: Asked['protocol']) =>
    asked.filter(({ protocol, answered }) => protocol === which && !answered).length;
  return { asked: asked.length, udp: of('udp'), tcp: of('tcp') };
}

/** Waits until the pod is answered by the pair. */
async function whole(stage: Stage, proxy: KubeProxy): Promise<void> {
  const answers = async () => {
    const both = await Promise.all(slots.map((slot) => stage.own!.status(slot)));
    return both.reduce((sum, status) => sum + status.answers, 0);
  };
  const answersItself = async () => {
    const before = await answers();
    const { answered, asked } = await proxy.answered();
    return answered === asked && (await answers()) - before >= asked;
  };
  if ((await until(answersItself, BACK)) === undefined)
    stage.failed('The pair was there, and did not answer the pod.');
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

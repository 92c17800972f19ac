// pod-process — a client in the network of a pod: asks over UDP and TCP in turn, and tells what became of each question.

import type { Endpoint } from '../../src/config.ts';
import { askOnce, askWhole } from './ask-once.ts';

export type PodTask =
  | { readonly what: 'begin'; readonly target: Endpoint }
  | { readonly what: 'stop' }
  /** A few of each protocol, one after the other. */
  | { readonly what: 'few'; readonly target: Endpoint };

export interface Asked {
  /** Milliseconds, by the clock that all processes of a machine share. */
  readonly at: number;
  readonly protocol: 'udp' | 'tcp';
  readonly answered: boolean;
}

// ---------------------------------------------------------------------------------------------------------------------

const NAME = 'hit-1.chaos.example';
/** Milliseconds between two questions, and for which an answer is waited for. */
const PERIOD = 10;
const PATIENCE = 3000;
const FEW = 3;

let asking: NodeJS.Timeout | undefined;
let open: Promise<Asked>[] = [];

process.on('message', async (task: PodTask) => {
  if (task.what === 'begin') {
    let turn = 0;
    asking = setInterval(() => open.push(ask(task.target, turn++ % 2 === 0 ? 'udp' : 'tcp')), PERIOD);
    process.send!('begun');
  } else if (task.what === 'stop') {
    clearInterval(asking);
    process.send!(await Promise.all(open));
    open = [];
  } else {
    const asked = [];
    for (let i = 0; i < FEW; i++)
      for (const protocol of ['udp', 'tcp'] as const) asked.push(await ask(task.target, protocol));
    process.send!({ answered: asked.filter(({ answered }) => answered).length, asked: asked.length });
  }
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {}); // a terminal's Ctrl-C is for the process that started this one

async function ask(target: Endpoint, protocol: 'udp' | 'tcp'): Promise<Asked> {
  const at = Number(process.hrtime.bigint()) / 1e6;
  const answered =
    protocol === 'udp'
      ? (await askOnce(target, NAME, PATIENCE)) === 0
      : await askWhole(target, NAME, PATIENCE).then(
          () => true,
          () => false,
        );
  return { at, protocol, answered };
}

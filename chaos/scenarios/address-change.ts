// address-change — the address that is served beside the common one is changed, one slot after the other, as settings are.
//
// The load asks the common address. The old one is asked beside it until the second slot is told to change: while an instance
// wants it no question may be lost. The new one has to be answered once the first instance that wants it serves.

import { setTimeout as pause } from 'node:timers/promises';
import { type Endpoint, slots } from '../../src/config.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';

const COMMON = '127.0.0.1';
const beside = ['127.0.0.11', '127.0.0.12'] as const;
const NAME = 'hit-1.chaos.example';
/** Milliseconds between two questions beside the load, and for which an answer is waited for. */
const EVERY = 20;
const PATIENCE = 2000;

export const addressChange: Scenario = {
  name: 'address-change',
  purpose: 'One slot after the other is told other addresses: one is common to both, one goes and one comes.',
  expects: { twindns: 'no loss', 'no-custody': 'loss over TCP' },
  times: { quick: 4, thorough: 200 },
  delay: { ms: 50, share: 0.001 },
  changes: { flags: [listenOn(beside[0])] },
  intrudes: true,
  async strike(stage, chance, turn) {
    const [old, next] = turn.index % 2 === 0 ? beside : [beside[1], beside[0]];
    const port = stage.target.port;
    const order = chance.next() < 0.5 ? slots : [...slots].reverse();
    const asked = new AskedBeside({ address: old, port });
    for (const slot of order) {
      stage.happened(`${slot} has ${next} in the place of ${old}`);
      await stage.end(slot, 'SIGTERM');
      if (slot === order[1]) {
        const { sent, lost } = await asked.end();
        if (lost > 0 && stage.subject === 'twindns')
          stage.failed(`${lost} of ${sent} questions to ${old} were lost, which an instance wanted.`);
      }
      await stage.start(slot, { flags: [listenOn(next)] });
      if ((await askOnce({ address: next, port }, NAME, PATIENCE)) !== 0)
        stage.failed(`${next} is not answered by the instance that wants it.`);
    }
    if (stage.subject === 'twindns' && (await askOnce({ address: old, port }, NAME, 300)) === 0)
      stage.failed(`${old} is answered, which no instance wants.`);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function listenOn(address: string): string {
  return `--listen=${COMMON},${address}`;
}

/** Questions to an address, one after the other and each by a socket of its own, until it is told to end. */
class AskedBeside {
  #sent = 0;
  #lost = 0;
  #ends = false;
  readonly #done: Promise<void>;

  constructor(target: Endpoint) {
    this.#done = this.#ask(target);
  }

  async end(): Promise<{ readonly sent: number; readonly lost: number }> {
    this.#ends = true;
    await this.#done;
    return { sent: this.#sent, lost: this.#lost };
  }

  async #ask(target: Endpoint): Promise<void> {
    for (; !this.#ends; await pause(EVERY)) {
      this.#sent++;
      if ((await askOnce(target, NAME, PATIENCE)) !== 0) this.#lost++;
    }
  }
}

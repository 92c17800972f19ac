// kill-slot — an instance dies without a warning, as when the kernel or a person kills it: kill-primary and kill-secondary,
// since nothing may depend on which of the two it is.

import type { Slot } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export function killOf(slot: Slot): Scenario {
  return {
    name: `kill-${slot}`,
    purpose: `The ${slot} is killed by SIGKILL and started again.`,
    expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
    times: { quick: 20, thorough: 1000 },
    delay: { ms: 50, share: 0.001 },
    async strike(stage) {
      stage.happened(`SIGKILL ${slot}`);
      await stage.end(slot, 'SIGKILL');
      await stage.start(slot);
    },
  };
}

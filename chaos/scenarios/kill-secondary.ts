// kill-secondary — the same for the other slot: nothing may depend on which of the two dies.

import type { Scenario } from '../scenario.ts';

export const killSecondary: Scenario = {
  name: 'kill-secondary',
  purpose: 'The secondary is killed by SIGKILL and started again.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 20, thorough: 1000 },
  delay: { ms: 50, share: 0.001 },
  async strike(stage) {
    stage.happened('SIGKILL secondary');
    await stage.end('secondary', 'SIGKILL');
    await stage.start('secondary');
  },
};

// kill-primary — the primary dies without a warning, as when the kernel or a person kills it.

import type { Scenario } from '../scenario.ts';

export const killPrimary: Scenario = {
  name: 'kill-primary',
  purpose: 'The primary is killed by SIGKILL and started again.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 20, thorough: 1000 },
  delay: { ms: 50, share: 0.001 },
  async strike(stage) {
    stage.happened('SIGKILL primary');
    await stage.end('primary', 'SIGKILL');
    await stage.start('primary');
  },
};

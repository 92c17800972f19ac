// rehearsed — what a newcomer does in the time its twin gives it: it loads what it needs later, and rehearses its first answers.

import type { Config } from '../config.ts';
import { isServed, type Membership } from '../instance/membership.ts';
import type { Log } from '../log/log.ts';
import { ownSlowness } from '../slowness.ts';

/** An instance that takes so many times longer than on a free processor serves without a rehearsal. */
const HURRIED = 3;

export async function rehearsed(config: Config, log: Log, twin: Membership): Promise<void> {
  await Promise.all([import('../admin/admin.ts'), import('../control/control.ts')]);
  // Its first answers will be late; with its processor time short, and its twin's perhaps, those it does not give would be later.
  if (ownSlowness() > HURRIED) return log.debug('not rehearsed: processor time is short');
  const { rehearse } = await import('./rehearsal.ts');
  try {
    // Should the twin go meanwhile, nobody reads our sockets but us.
    log.debug('rehearsed', { answers: await rehearse(config, () => isServed(twin)) });
  } catch (error) {
    log.warn('the start could not be rehearsed: the first answers may be late', { err: error });
  }
}

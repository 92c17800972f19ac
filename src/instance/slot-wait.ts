// slot-wait — a process that waits until the one before it has left their slot says so now and then.

import type { Log } from '../log/log.ts';
import type { SlotClaim } from '../options/slot.ts';

/** Milliseconds after which a process that waits for its slot warns of it, and again. */
const WAIT_TOLD = 10_000;
const WAIT_TOLD_AGAIN = 60_000;

/**
 * Resolves when the slot is ours: to the user whose process has its name, if there is such. A roll-out keeps a process waiting for
 * seconds; a third instance waits for ever, and does nothing meanwhile.
 */
export async function waitForSlot(claim: SlotClaim, log: Log): Promise<number | undefined> {
  const { slot, isOurs } = claim;
  if (!isOurs) log.info('another process has this slot: this one waits until that has ended', { slot });
  const uid = await reminding(claim, log);
  if (uid !== undefined)
    log.error('another process has taken the name of this slot; serving without it', { uid });
  return uid;
}

// ---------------------------------------------------------------------------------------------------------------------

async function reminding({ slot, ours }: SlotClaim, log: Log): Promise<number | undefined> {
  const told = `another process has the slot ${slot} still, and this one serves nothing until that has ended. A node has one process a slot: if this is none to replace it, start it with the other --slot, or stop it`;
  const first = setTimeout(() => log.warn(told), WAIT_TOLD);
  const again = setInterval(() => log.warn(told), WAIT_TOLD_AGAIN);
  try {
    return await ours;
  } finally {
    clearTimeout(first);
    clearInterval(again);
  }
}

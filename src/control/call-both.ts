// call-both — puts one request to both instances of a pair: each knows what the other does not.

import { type Slot, slots } from '../config.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import type { Call } from './call-instance.ts';
import type { Action, Replies, Requests } from './protocol.ts';

export type Heard<A extends Action> =
  | { readonly slot: Slot; readonly reply: Replies[A] }
  | { readonly slot: Slot; readonly error: string };

/** In the order of the slots. @throws TwindnsError NO_INSTANCE where neither has replied */
export async function callBoth<A extends Action>(
  call: Call,
  action: A,
  request: Requests[A],
  timeoutMs?: number,
): Promise<readonly Heard<A>[]> {
  const heard = await Promise.all(
    slots.map(async (slot): Promise<Heard<A>> => {
      try {
        return { slot, reply: await call(slot, action, request, timeoutMs) };
      } catch (error) {
        return { slot, error: messageOf(error) };
      }
    }),
  );
  if (heard.every((one) => 'error' in one)) throw noneCalled(heard);
  return heard;
}

/** Neither could be asked. */
export function noneCalled(heard: readonly { readonly slot: Slot; readonly error?: string }[]): TwindnsError {
  const tried = heard.map(({ slot, error = '' }) => `${slot}: ${error}`).join('; ');
  return new TwindnsError(
    'NO_INSTANCE',
    `no running instance could be asked (${tried}). Name the port of the pair with --port, and its directory with ` +
      '--channel-directory if it was told one.',
  );
}

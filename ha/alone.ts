// alone — an instance that knows no twin: it binds its own sockets, and they die with it.

import type { Membership } from '../src/run.ts';

export const alone: Membership = {
  join: async () => undefined,
  serving() {},
  leave: async () => ({ succession: 'none', pass: () => 'nobody' }),
  hurry: () => false,
  stop: async () => {},
  status: () => ({ enabled: false }),
  node: () => undefined,
};

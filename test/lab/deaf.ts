// deaf — the protection of a TCP server that holds nothing and takes nothing; a test gives it the part it is about.

import type { ConnectionBackup } from '../../src/handover/connection-backup.ts';

export const deaf: ConnectionBackup = {
  channel: -1,
  memory: -1,
  announcement: () => new Uint8Array(0),
  tell: () => false,
  whenReady() {},
  keep: () => true,
  taken: () => false,
  tookInVain: () => false,
  takeBack() {},
};

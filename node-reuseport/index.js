// index — loads the addon (a prebuilt binary when one fits this machine, else the one built here) and names its parts.

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Paths to try, best first. A prebuilt binary for another C library fails to load, and the next one is tried. */
function candidates() {
  const prebuilt = here(`./prebuilds/${process.platform}-${process.arch}`);
  const files = existsSync(prebuilt)
    ? readdirSync(prebuilt)
        .filter((name) => name.endsWith('.node'))
        .sort()
    : [];
  const built = here('./build/Release/node_reuseport.node');
  const chosen = process.env.NODE_REUSEPORT_ADDON;
  return chosen ? [chosen] : [...files.map((name) => `${prebuilt}/${name}`), built];
}

function load() {
  const failures = [];
  for (const path of candidates()) {
    try {
      return require(path);
    } catch (error) {
      failures.push(error.message.split('\n')[0]);
    }
  }
  throw new Error(
    `node-reuseport has no binary for ${process.platform}-${process.arch} that loads; ` +
      `build one with "npm run build --workspace node-reuseport" (${failures.join('; ')})`,
  );
}

const addon = load();

export const {
  bindUdp,
  listenTcp,
  connectUdp,
  connectTcp,
  describe,
  adopt,
  close,
  leaveGroup,
  setReceiveBuffer,
  setSendBuffer,
  queueDrops,
  bufferedMemory,
  read,
  peek,
  discard,
  wakeAt,
  isUrgent,
  setDelayedAck,
  written,
  peerOf,
  write,
  accept,
  shutdown,
  reset,
  pendingError,
  formatAddress,
  monotonicMs,
  descriptorLimit,
  Arena,
  Fence,
  Poller,
  listenChannel,
  connectChannel,
  peerUser,
  peerProcess,
  sendMessage,
  receiveMessage,
  sendDatagram,
  queueHead,
  mapMemory,
  allocate,
  openNetlink,
  netlinkProtocol,
  openTun,
  keepCapabilities,
  leaveNoCore,
  lockFile,
  ADDRESS_BYTES,
  UNTOLD,
  FENCE_PLACES,
  ARENA_MAGIC,
  ARENA_VERSION,
  HEAD_MAGIC,
  HEAD_VERSION,
  HEAD_RING,
  HEAD_CELLS,
  HEAD_PAYLOAD,
  HEAD_STRIDE,
  HEAD_LENGTHS,
  HEAD_LENGTH_STRIDE,
  HEAD_FIRST_CELL,
  HEAD_TAG,
  HEAD_RECORDS,
  HEAD_RECORDS_SIZE,
  HEAD_USER,
  CELL_LENGTH,
  CELL_HASH,
  CELL_STATE,
  CELL_TAG,
  CELL_ADDRESS_LENGTH,
  CELL_USER,
  CELL_ADDRESS,
  CELL_PAYLOAD,
  ZERO_TAIL,
  REPLY_WORDS,
  REGION_OUTBOX,
  REGION_ATTACHED,
  READABLE,
  WRITABLE,
  ERROR,
  HANGUP,
  READ_HANGUP,
  ONESHOT,
  EAGAIN,
  EPIPE,
  EMSGSIZE,
  EMFILE,
  ENFILE,
  ECONNRESET,
  ECONNREFUSED,
  ESTALE,
} = addon;

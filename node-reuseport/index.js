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
  read,
  peek,
  discard,
  wakeAt,
  setDelayedAck,
  written,
  peerOf,
  write,
  accept,
  shutdown,
  pendingError,
  formatAddress,
  monotonicMs,
  Arena,
  Fence,
  Poller,
  listenChannel,
  connectChannel,
  peerUser,
  peerProcess,
  sendMessage,
  receiveMessage,
  queueHead,
  mapMemory,
  allocate,
  openNetlink,
  openTun,
} = addon;

/** Bytes of a stored sockaddr. */
export const ADDRESS_BYTES = 28;

/** Where things lie in a slot of an arena: word indices (32 bits, host order) and byte offsets. */
export const SLOT_LENGTH = 0;
export const SLOT_HASH = 1;
export const SLOT_STATE = 2;
export const SLOT_TAG = 3;
export const SLOT_ADDRESS_LENGTH = 4;
export const SLOT_USER = 5;
export const SLOT_ADDRESS = 24;
export const SLOT_PAYLOAD = 64;

/** Words of an arena's header page, for whoever maps its memory; see the declarations. */
export const HEAD_MAGIC = 0;
export const HEAD_VERSION = 1;
export const HEAD_RING = 2;
export const HEAD_SLOTS = 3;
export const HEAD_PAYLOAD = 4;
export const HEAD_STRIDE = 5;
export const HEAD_LENGTHS = 6;
export const HEAD_LENGTH_STRIDE = 7;
export const HEAD_FIRST_SLOT = 8;
export const HEAD_TAG = 9;
export const HEAD_RECORDS = 10;
export const HEAD_RECORDS_SIZE = 11;
export const HEAD_USER = 64;
export const ARENA_MAGIC = 0x616e6572;
export const ARENA_VERSION = 2;

/** Set in what accept returns. */
export const UNTOLD = 1 << 30;

/** A reply record: words slot, region, offset, length. */
export const REPLY_WORDS = 4;
export const REGION_OUTBOX = 0;
export const REGION_ATTACHED = 1;

/** Flags of a Poller, as epoll has them. */
export const READABLE = 1;
export const WRITABLE = 4;
export const ERROR = 8;
export const HANGUP = 16;
export const READ_HANGUP = 0x2000;

/** errno values that callers of read, write, accept and receive meet in ordinary operation; they return them negated. */
export const EAGAIN = 11;
export const EPIPE = 32;
export const EMSGSIZE = 90;
export const EMFILE = 24;
export const ENFILE = 23;
export const ECONNRESET = 104;
export const ECONNREFUSED = 111;
export const ESTALE = 116;

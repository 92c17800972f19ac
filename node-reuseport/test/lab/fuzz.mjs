// fuzz — calls every function, class and method with random values for as long as told: node fuzz.mjs CALLS SEED
//
// Descriptors among the values are those made here or far beyond any, so that no other is read, written or closed.

import * as everything from 'node-reuseport';

const [calls, seed] = process.argv.slice(2).map(Number);
const reuseport = { ...everything };
const { Arena, Fence, Poller, UNTOLD, bindUdp, listenTcp, connectUdp, connectTcp, describe, close } =
  reuseport;

let state = seed;
/** An integer from 0 to below `end` (mulberry32). */
function below(end) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
}
const pick = (list) => list[below(list.length)];

const detached = new Uint8Array(64);
structuredClone(detached.buffer, { transfer: [detached.buffer] });
const resized = new ArrayBuffer(4096, { maxByteLength: 8192 });
const outOfBounds = new Uint8Array(resized, 4000, 90);
resized.resize(100);
const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new RangeError('a getter that throws');
    },
  },
);

const owned = new Set(); // ours to close
const arenas = [];
const fences = [];
const pollers = [];

const numbers = [
  -1,
  -2,
  2 ** 20,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 32 + 1,
  2 ** 53,
  1e308,
  -0.5,
  1.5,
];
const oddities = [
  Number.NaN,
  Infinity,
  -Infinity,
  undefined,
  null,
  true,
  '',
  '\0',
  'x'.repeat(500),
  '\ud800',
  10n,
  Symbol('s'),
];
const things = [
  {},
  [],
  () => {},
  Object.freeze({ port: 1 }),
  throwing,
  Object.create(null),
  new Date(0),
  new Error('e'),
];
const arrays = [
  detached,
  outOfBounds,
  new Uint8Array(resized),
  new Uint8Array(new SharedArrayBuffer(64)),
  new Uint8Array(0),
];
const views = [
  new DataView(new ArrayBuffer(8)),
  new Float64Array(8),
  new Uint8ClampedArray(64),
  new ArrayBuffer(64),
];
const lists = [
  new Int32Array(0),
  new Int32Array(1),
  new Int32Array(8).fill(1 << 30),
  new Int32Array(300),
  new BigInt64Array(4),
];

const bytes = () => pick([Buffer.alloc(64), new Uint8Array(2000), new Uint8Array(28), ...arrays]);
const descriptor = () => pick([...owned, ...arenas.slice(-3).map(({ fd }) => fd), 1 << 30, -1]);
const anything = () =>
  pick([
    () => pick(numbers),
    () => pick(oddities),
    () => pick(things),
    bytes,
    () => pick(views),
    () => pick(lists),
  ])();
const address = () =>
  pick(['127.0.0.1', '::1', '127.0.0.2', 'localhost', '1.2.3.4.5', '::1%lo', '%', anything()]);
const size = () => pick([0, 1, 2, 28, 63, 64, 65, 1280, 65536, anything()]);
// lo is a name of an interface, but of none that anything here can touch.
const name = () => pick([`node-reuseport fuzz ${process.pid} ${below(5)}`, 'lo']);

function options() {
  const chosen = { address: address(), port: pick([0, 0, 0, anything()]) };
  const more = ['reusePort', 'freeBind', 'ipv6Only', 'receiveBuffer', 'sendBuffer', 'backlog'];
  const arena = ['ring', 'parked', 'payload', 'replies', 'outbox', 'records'];
  if (below(2)) chosen[pick(more)] = pick([true, false, 4096, anything()]);
  if (below(2)) chosen[pick(arena)] = size();
  return pick([chosen, chosen, chosen, anything()]);
}

/** The first argument is never a small number: it may be taken for a descriptor. */
function values() {
  const first = pick([descriptor, descriptor, options, bytes, anything, name])();
  const rest = Array.from({ length: below(5) }, () =>
    pick([bytes, size, anything, () => pick(lists), descriptor])(),
  );
  return [first, ...rest];
}

const fenceArguments = () => [descriptor(), pick([64, 70, 1023, 63, 1024, anything()])];

function scribble() {
  const arena = pick(arenas);
  if (arena === undefined) return;
  const record = Array.from({ length: 4 }, () => pick([0, 1, 2, 64, 1000, -1, 2 ** 31 - 1]));
  arena.replies.set(record.slice(0, arena.replies.length), 4 * below(arena.replies.length / 4));
  arena.memory[below(Math.min(arena.memory.length, 4096))] = below(256);
}

function call(target, key, args) {
  if (target === reuseport && key === 'close' && !owned.has(args[0]) && args[0] < 1 << 20) return undefined;
  // Also a descriptor: that of the channel.
  if (target === reuseport && key === 'accept' && args.length > 2) args[2] = descriptor();
  const result = target[key](...args);
  if (target === reuseport && key === 'close') owned.delete(args[0]);
  if (/^(bind|listen|connect|accept|open)/.test(key) && result >= 0) owned.add(result & ~UNTOLD);
  return result;
}

function turn() {
  const subject = below(10);
  if (subject === 0) return void arenas.push(new Arena(options()));
  if (subject === 1) return void pollers.push(new Poller(pick([() => {}, anything()])));
  if (subject === 2) return scribble();
  if (subject === 3 && arenas.length > 0)
    return call(pick(arenas), pick(['receive', 'markCrashes', 'attach', 'send']), values());
  if (subject === 4 && pollers.length > 0)
    return call(pick(pollers), pick(['add', 'addBusy', 'modify', 'remove', 'close']), values());
  if (subject === 5 && below(2)) return void fences.push(new Fence(...fenceArguments()));
  if (subject === 6 && fences.length > 0) {
    const method = pick(['watch', 'write', 'discard', 'wakeAt', 'shutdown']);
    return call(pick(fences), method, method === 'watch' ? [below(7), ...fenceArguments()] : values());
  }
  if (subject === 5)
    return Reflect.apply(pick([Arena, Fence, Poller, Arena.prototype.attach]), anything(), values());
  return call(reuseport, pick(functions), values());
}

const functions = Object.keys(reuseport).filter(
  (key) => typeof reuseport[key] === 'function' && !/^[A-Z]/.test(key),
);
const outcomes = { returned: 0, refused: 0 };

for (let i = 0; i < calls; i++) {
  try {
    turn();
    outcomes.returned++;
  } catch (error) {
    const known =
      error instanceof TypeError || error instanceof RangeError || typeof error.errno === 'number';
    if (!known) throw error;
    outcomes.refused++;
  }
  if (owned.size > 60) call(reuseport, 'close', [pick([...owned])]);
  if (arenas.length > 20) arenas.splice(below(20), 1);
  if (fences.length > 20) fences.splice(below(20), 1);
  if (pollers.length > 20) for (const poller of pollers.splice(0)) poller.close();
  if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
}

for (const poller of pollers) poller.close();
for (const open of [bindUdp, listenTcp, connectUdp, connectTcp]) {
  const fd = open({ address: '127.0.0.1', port: open.name.startsWith('connect') ? 9 : 0 });
  if (describe(fd).address !== '127.0.0.1') throw new Error('the package no longer works');
  close(fd);
}
console.log(JSON.stringify(outcomes));

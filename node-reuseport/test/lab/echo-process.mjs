// echo-process — answers every datagram of a shared port with its own bytes until its parent goes: node echo-process.mjs ADDRESS PORT

import {
  Arena,
  bindUdp,
  close,
  Poller,
  READABLE,
  REPLY_WORDS,
  SLOT_LENGTH,
  SLOT_PAYLOAD,
} from 'node-reuseport';

const [address, port] = process.argv.slice(2);
const fd = bindUdp({ address, port: Number(port) });
const arena = new Arena({});
const words = new Int32Array(arena.memory.buffer);

const poller = new Poller(() => {
  const count = arena.receive(fd);
  let used = 0;
  for (let slot = 0; slot < count; slot++) {
    const length = Math.min(words[(slot * arena.stride) / 4 + SLOT_LENGTH], arena.payload);
    const at = slot * arena.stride + SLOT_PAYLOAD;
    arena.outbox.set(arena.memory.subarray(at, at + length), used);
    arena.replies.set([slot, 0, used, length], slot * REPLY_WORDS);
    used += length;
  }
  if (count > 0) arena.send(fd, count);
});
poller.add(fd, READABLE, 0);
process.on('disconnect', () => {
  poller.close();
  close(fd);
});
process.send('bound');

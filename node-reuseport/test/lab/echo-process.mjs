// echo-process — answers every datagram of a shared port with its own bytes until its parent goes: node echo-process.mjs ADDRESS PORT

import {
  Arena,
  bindUdp,
  CELL_LENGTH,
  CELL_PAYLOAD,
  close,
  Poller,
  READABLE,
  REPLY_WORDS,
} from 'node-reuseport';

const [address, port] = process.argv.slice(2);
const fd = bindUdp({ address, port: Number(port) });
const arena = new Arena({});
const words = new Int32Array(arena.memory.buffer);

const poller = new Poller(() => {
  const count = arena.receive(fd);
  let used = 0;
  for (let cell = 0; cell < count; cell++) {
    const length = Math.min(words[(cell * arena.stride) / 4 + CELL_LENGTH], arena.payload);
    const at = cell * arena.stride + CELL_PAYLOAD;
    arena.outbox.set(arena.memory.subarray(at, at + length), used);
    arena.replies.set([cell, 0, used, length], cell * REPLY_WORDS);
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

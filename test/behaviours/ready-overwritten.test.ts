// ready-overwritten.test — an answer that lies ready stays what it is until it is sent, whatever is put over it meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { close, connectUdp, read, write } from 'node-reuseport';
import { parseMessage } from '../lab/message.ts';
import { startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

const NAMES = 1800;
const BATCH = 20;

test('a batch that answers a ready name and makes so many others ready that they take its place', async (t) => {
  const lab = await startLab(t, { config: { cacheBytes: 1 << 20 } });
  const fd = connectUdp({ ...lab.endpoint, receiveBuffer: 1 << 20 });
  t.after(() => close(fd));
  const buffer = Buffer.alloc(2048);
  /** All at once, so that one receive takes them; resolves to the replies by id. */
  async function ask(names: readonly string[]): Promise<Map<number, Buffer>> {
    for (const [id, name] of names.entries()) {
      const query = buildQuery({ id, name });
      write(fd, query, 0, query.length);
    }
    const replies = new Map<number, Buffer>();
    while (replies.size < names.length) {
      const length = read(fd, buffer, 0, buffer.length);
      if (length < 0) await new Promise((resolve) => setImmediate(resolve));
      else replies.set(buffer.readUInt16BE(0), Buffer.from(buffer.subarray(0, length)));
    }
    return replies;
  }
  const names = Array.from({ length: NAMES }, (_, i) => `name-${i}.example`);
  const batches = Array.from({ length: NAMES / BATCH }, (_, i) => names.slice(i * BATCH, (i + 1) * BATCH));
  await ask(['hot.example']);
  await ask(['hot.example']);
  for (const batch of batches) {
    await ask(batch); // the second asker's answer is made ready
    const replies = await ask(['hot.example', ...batch]);
    for (const [id, name] of ['hot.example', ...batch].entries()) {
      const { qr, question, answer } = parseMessage(replies.get(id)!);
      const asked = buildQuery({ id, name }).subarray(12, 12 + question.length);
      assert.deepEqual([qr, question, answer.length], [true, Buffer.from(asked), 1], name);
    }
  }
});

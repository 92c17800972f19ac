// resident-memory.test — a process whose cache is full takes little more memory than an empty one and --cache-bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heapFlags } from '../../src/heap.ts';
import { TcpClient } from '../lab/client.ts';
import { dnsperf } from '../lab/dnsperf.ts';
import { freePort } from '../lab/free-port.ts';
import { Program, statusOf, twindns } from '../lab/program.ts';
import { a, opaque } from '../lab/records.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { buildQuery, buildReply, flags, types } from '../lab/wire.ts';

const cacheBytes = 32 * 2 ** 20;
/** Buffers for what is on its way, code compiled, garbage not collected yet. */
const atWork = 40 * 2 ** 20;
/** What lies outside of the heap V8 may leave uncollected for longer; where processors are short it does. */
const outsideOfHeap = 64 * 2 ** 20;
const names = 80_000;
const bigAnswers = 2500;

test('a full cache of names, then of 60 KB answers, stays within its bytes', {
  timeout: 40_000,
}, async (t) => {
  const big = opaque(types.TXT, Buffer.alloc(60_000, 200));
  const upstream = await ScriptedUpstream.start(({ bytes, type, transport }) => {
    upstream.log.length = 0;
    if (type !== types.TXT) return buildReply(bytes, { answer: [a('192.0.2.1')] });
    return buildReply(bytes, transport === 'udp' ? { flags: flags.TC } : { answer: [big] });
  });
  t.after(() => upstream.stop());
  const endpoint = { address: '127.0.0.1', port: await freePort() };
  const [node, main] = twindns;
  const program = Program.start(t, [
    ...[node, ...heapFlags, main, 'run', `--port=${endpoint.port}`, '--admin=127.0.0.1:0'],
    ...[`--upstream=127.0.0.1:${upstream.endpoint.port}`, `--cache-bytes=${cacheBytes}`],
  ]);
  await program.says(/listening/);
  const resident = () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(program.pid))?.[1] ?? 0);
  const empty = resident();
  let highest = empty;
  const watch = setInterval(() => {
    highest = Math.max(highest, resident());
  }, 20);
  t.after(() => clearInterval(watch));

  const questions = Array.from({ length: names }, (_, i) => `n${i}.shop.example A`);
  const { answered, output } = await dnsperf(endpoint, { questions, rounds: 1 });
  assert.equal(answered, names, output);
  const full = highest;
  const client = await TcpClient.open(endpoint);
  t.after(() => client.close());
  for (let id = 0; id < bigAnswers; id++) {
    client.send(buildQuery({ id, name: `big${id}.example`, type: types.TXT }));
    assert.ok((await client.next()).length > 60_000);
  }
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  t.diagnostic(`empty ${mib(empty)}, names ${mib(full)}, big answers ${mib(highest)}`);
  assert.ok(full - empty > cacheBytes / 4, 'the cache was filled');
  const most = cacheBytes * 1.1 + atWork;
  assert.ok(full - empty < most, `${mib(empty)} empty, ${mib(full)} with names`);
  assert.ok(highest - empty < most + outsideOfHeap, `${mib(empty)} empty, ${mib(highest)} at most`);
});

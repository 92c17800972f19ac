// top-window.test — a watcher sees who asks for what, over UDP and TCP, and nothing is left of it afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/control/call-instance.ts';
import { topCommand } from '../../src/top/top-command.ts';
import type { TopReport } from '../../src/top/top-watcher.ts';
import { TopWindow } from '../../src/top/top-window.ts';
import { startLab } from '../lab/resolver.ts';
import { plain } from '../lab/scripts.ts';
import { buildReply } from '../lab/wire.ts';

test('names, clients and zones are counted by queries, misses and SERVFAIL', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      (query, line) =>
        query.name.toString('latin1').includes('bad')
          ? buildReply(query.bytes, { rcode: 2 })
          : plain(query, line),
    ],
  });
  const { inside } = lab.resolver;
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const window = new TopWindow(inside, () => over);
  const reported = window.watch(1, 5);
  await assert.rejects(window.watch(1, 1), /another command watches/);
  for (let times = 0; times < 5; times++) await lab.ask('www.shop.example');
  for (let n = 0; n < 4; n++) await lab.ask(`${n}.victim.example`, 'tcp');
  for (let times = 0; times < 3; times++) await lab.ask('bad.example', times === 1 ? 'tcp' : 'udp');
  end();
  const { totals, rows } = await reported;
  assert.deepEqual(totals, { queries: 12, misses: 6, servfail: 3 });
  assert.deepEqual(rows.names.queries[0], { what: 'www.shop.example.', count: 5, over: 0 });
  assert.deepEqual(rows.zones.misses[0], { what: 'victim.example.', count: 4, over: 0 });
  assert.deepEqual(rows.names.servfail, [{ what: 'bad.example.', count: 3, over: 0 }]);
  assert.deepEqual(rows.clients.queries, [{ what: '127.0.0.1', count: 12, over: 0 }]);
  assert.equal(inside.tap.watcher, undefined);
});

test('the command adds both instances up', async () => {
  const report = (count: number, over: number): TopReport => {
    const row = [{ what: 'www.example.', count, over }];
    const rows = { queries: row, misses: row.slice(0, 1).map((one) => ({ ...one, count: 1 })), servfail: [] };
    return {
      totals: { queries: count, misses: 1, servfail: 0 },
      rows: { names: rows, clients: rows, zones: rows },
    };
  };
  const call = (async (slot) => (slot === 'primary' ? report(1, 0) : report(2, 1))) as Call;
  let said = '';
  const run = (given: Parameters<typeof topCommand>[0], by: Call = call) => {
    said = '';
    return topCommand(given, by, (text) => {
      said += text;
    });
  };
  assert.equal(await run({ seconds: '1', by: 'misses' }), true);
  assert.match(
    said,
    /^In 1 s: 3 queries \(3 a second\), 2 misses, 0 SERVFAIL\.\n\nNAME .*\nwww\.example\. +3 +2 +0 +100\.0 % +1\n/,
  );
  assert.equal(await run({ seconds: '1', by: 'servfail' }), true);
  assert.doesNotMatch(said, /NAME/);
  const half = (async (slot) =>
    slot === 'primary' ? report(1, 0) : Promise.reject(new Error('gone'))) as Call;
  assert.equal(await run({ json: true, most: '1' }, half), false);
  const { totals, names, missing } = JSON.parse(said);
  assert.deepEqual([totals.queries, names.length, missing], [1, 1, [{ slot: 'secondary', error: 'gone' }]]);
  await assert.rejects(run({ seconds: '0' }), /--seconds is "0": give a whole number from 1 to 60/);
  await assert.rejects(run({ by: 'size' }), /--by is "size"/);
});

// top-window.test — a watcher sees who asks for what, over UDP and TCP, and nothing is left of it afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topCommand } from '../../src/top/top-command.ts';
import { TopWindow } from '../../src/top/top-window.ts';
import { controlled } from '../lab/controlled.ts';
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
  const window = new TopWindow(inside);
  const reported = window.watch(250, 5);
  await assert.rejects(window.watch(1, 1), /another command watches/);
  for (let times = 0; times < 5; times++) await lab.ask('www.shop.example');
  for (let n = 0; n < 4; n++) await lab.ask(`${n}.victim.example`, 'tcp');
  for (let times = 0; times < 3; times++) await lab.ask('bad.example', times === 1 ? 'tcp' : 'udp');
  const { totals, rows } = await reported;
  assert.deepEqual(totals, { queries: 12, misses: 6, servfail: 3 });
  assert.deepEqual(rows.names.queries[0], { what: 'www.shop.example.', count: 5, over: 0 });
  assert.deepEqual(rows.zones.misses[0], { what: 'victim.example.', count: 4, over: 0 });
  assert.deepEqual(rows.names.servfail, [{ what: 'bad.example.', count: 3, over: 0 }]);
  assert.deepEqual(rows.clients.queries, [{ what: '127.0.0.1', count: 12, over: 0 }]);
  assert.equal(inside.tap.watcher, undefined);
});

test('the command adds both instances up', async (t) => {
  const [primary, secondary] = [await startLab(t), await startLab(t)];
  const { call } = controlled(t, { primary, secondary });
  let said = '';
  const run = (given: Parameters<typeof topCommand>[0]) => {
    said = '';
    return topCommand(given, call, (text) => {
      said += text;
    });
  };
  const watched = run({ seconds: '1', by: 'misses' });
  while (secondary.resolver.inside.tap.watcher === undefined) await new Promise(setImmediate);
  for (const lab of [primary, secondary, secondary]) await lab.ask('www.example');
  assert.equal(await watched, true);
  assert.match(
    said,
    /^In 1 s: 3 queries \(3 a second\), 2 misses, 0 SERVFAIL\.\n\nNAME .*\nwww\.example\. +3 +2 +0 +100\.0 % +0\n/,
  );
  await assert.rejects(run({ seconds: '0' }), /--seconds is "0": give a whole number from 1 to 60/);
  await assert.rejects(run({ by: 'size' }), /--by is "size"/);
});

// control.test — what an instance tells the commands of its operator is what it has and does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeQuery } from '../../src/ask/question.ts';
import { cacheCommand } from '../../src/control/cache-command.ts';
import type { Call } from '../../src/control/call-instance.ts';
import { controlled } from '../lab/controlled.ts';
import { parseMessage } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { failing, plain, replying } from '../lab/scripts.ts';
import { buildQuery, rcodes } from '../lab/wire.ts';

const query = (name: string) => encodeQuery({ name, type: 'A', dnssec: false }).toString('base64');
const ask = (call: Call, name: string) => call('primary', 'ask', { query: query(name) });

test('an instance that is asked by itself tells where its answer came from', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('192.0.2.7', { ttl: 300 })] })] });
  const { call } = controlled(t, { primary: lab });
  const fresh = await ask(call, 'www.example');
  assert.deepEqual([fresh.origin, fresh.zone, fresh.ageSeconds], ['upstream', '.', null]);
  const { server, transport, sends } = fresh.upstream!;
  assert.deepEqual([server, transport, sends], [`127.0.0.1:${lab.upstream.endpoint.port}`, 'udp', 1]);
  assert.equal(parseMessage(Buffer.from(fresh.reply!, 'base64')).answer.length, 1);

  lab.clock.skip(10);
  const kept = await ask(call, 'WWW.example');
  assert.deepEqual([kept.origin, kept.upstream], ['cache', null]);
  assert.ok(
    kept.ageSeconds! >= 10 && kept.ageSeconds! < 12 && Math.abs(kept.leftSeconds! - 20) < 2,
    JSON.stringify(kept),
  );
  assert.equal(lab.upstream.log.length, 1);
});

test('what has run out is said to be old', async (t) => {
  let isWell = true;
  const lab = await startLab(t, { upstreams: [(...given) => (isWell ? plain : failing())(...given)] });
  const { call } = controlled(t, { primary: lab });
  await ask(call, 'www.example');
  isWell = false;
  lab.clock.skip(100);
  const old = await ask(call, 'www.example');
  assert.equal(old.origin, 'cache');
  assert.ok(old.leftSeconds! < -60, JSON.stringify(old));
});

test('a failure and a query that is none get replies, too', async (t) => {
  const lab = await startLab(t, { upstreams: [failing()] });
  const { call } = controlled(t, { primary: lab });
  const failed = await ask(call, 'www.example');
  assert.equal(parseMessage(Buffer.from(failed.reply!, 'base64')).rcode, rcodes.SERVFAIL);
  const update = buildQuery({ name: 'www.example', flags: 5 << 11 });
  const refused = await call('primary', 'ask', { query: update.toString('base64') });
  assert.deepEqual([refused.origin, refused.zone], ['refused', null]);
  await assert.rejects(call('primary', 'ask', { query: 'AAA=' }), /shorter than a header/);
});

test('each question is counted once, with its answer', async (t) => {
  const lab = await startLab(t);
  const { call } = controlled(t, { primary: lab });
  for (let times = 0; times < 3; times++) await ask(call, 'www.example');
  const { queries, answers, hits } = lab.resolver.status();
  assert.deepEqual([queries, answers, hits], [3, 3, 2]);
});

test('a client that is expected is seen by the instance it comes to, and by none else', async (t) => {
  const [primary, secondary] = [await startLab(t), await startLab(t)];
  const { call } = controlled(t, { primary, secondary });
  const client = await primary.udp();
  const { port } = client;
  for (const slot of ['primary', 'secondary'] as const) await call(slot, 'expect', { port });
  client.send(buildQuery({ id: 7, name: 'www.example' }));
  await client.until(7);
  assert.deepEqual(await call('primary', 'came', { port }), { came: true });
  assert.deepEqual(await call('secondary', 'came', { port }), { came: false });
  assert.deepEqual(await call('primary', 'came', { port }), { came: false }, 'it is asked once');
  for (const { resolver } of [primary, secondary]) assert.equal(resolver.inside.tap.watcher, undefined);
  for (let more = 1; more <= 8; more++) await call('primary', 'expect', { port: more });
  await assert.rejects(call('primary', 'expect', { port: 9 }), /too many clients/);
});

test('a name is shown with all its answers, and no other name', async (t) => {
  const lab = await startLab(t);
  const { call } = controlled(t, { primary: lab });
  for (const [name, type] of [
    ['www.example', 1],
    ['www.example', 28],
    ['www.example.example', 1],
  ] as const)
    await lab.ask({ name, type });
  const { answers, more } = await call('primary', 'show', { name: 'WWW.Example.' });
  assert.deepEqual(
    answers.map(({ type, kind, zone, rcode }) => [type, kind, zone, rcode]),
    [
      ['A', 'success', '.', 'NOERROR'],
      ['AAAA', 'denial', '.', 'NOERROR'],
    ],
  );
  assert.equal(more, 0);
  assert.deepEqual((await call('primary', 'show', { name: 'example' })).answers, []);
  await assert.rejects(call('primary', 'show', { name: 'a..b' }), /"a\.\.b" is not a domain name/);
  const { names } = await call('primary', 'names', { most: 2 });
  assert.deepEqual(names.length, 2);
  assert.ok(
    names.some(({ name, type }) => name === 'www.example.example.' && type === 1),
    JSON.stringify(names),
  );
});

test('a name that was flushed is asked for again, by clients whose answers lay ready, too', async (t) => {
  const lab = await startLab(t);
  const { call } = controlled(t, { primary: lab });
  const names = ['www.example', 'www.example', 'www.example', 'other.example', 'example'];
  for (const name of names) await lab.ask(name);
  assert.deepEqual(await call('primary', 'flush', { name: 'www.example', zone: false }), { flushed: 1 });
  assert.equal(lab.upstream.log.length, 3);
  for (const name of names) await lab.ask(name);
  assert.equal(lab.upstream.log.length, 4);
  assert.deepEqual(await call('primary', 'flush', { name: 'example', zone: true }), { flushed: 3 });
  assert.deepEqual(await call('primary', 'flush', { name: '.', zone: true }), { flushed: 0 });
});

test('what was flushed does not come back by the twin, and what is new does', async (t) => {
  const [primary, secondary] = [await startLab(t), await startLab(t)];
  const { call } = controlled(t, { primary, secondary });
  const record = Buffer.alloc(4096);
  /** As the twin tells it: composed now, and heard when it is called. */
  const telling = (name: string) => {
    const key = Buffer.concat([buildQuery({ name }).subarray(12, -4), Buffer.from([0, 1, 0])]).toString(
      'latin1',
    );
    const length = secondary.handover.cache.write(key, record, 0, record.length);
    assert.ok(length > 0, name);
    return () => primary.handover.cache.learn(record, 0, length, true);
  };
  await secondary.ask('www.example');
  assert.equal(telling('www.example')(), 'taken');
  const late = telling('www.example');
  await call('primary', 'flush', { name: 'example', zone: true });
  assert.equal(late(), 'known');
  assert.deepEqual((await call('primary', 'show', { name: 'www.example' })).answers, []);
  await secondary.ask('www.other');
  assert.equal(telling('www.other')(), 'taken');
  await call('secondary', 'flush', { name: 'www.example', zone: false });
  await secondary.ask('www.example');
  assert.equal(telling('www.example')(), 'taken');
});

test('the command asks both instances, and says which of them it could not', async (t) => {
  const [primary, secondary] = [await startLab(t), await startLab(t)];
  const pair = controlled(t, { primary, secondary });
  const alone = controlled(t, { primary });
  for (const lab of [primary, secondary]) await lab.ask('www.example');
  let said = '';
  const run = (
    call: Call,
    action: 'show' | 'flush',
    given: { name?: string; zone?: string; type?: string; json?: true },
  ) => {
    said = '';
    const request = { name: undefined, zone: undefined, type: undefined, json: false, ...given, action };
    return cacheCommand(request, call, (text) => {
      said += text;
    });
  };
  assert.equal(await run(pair.call, 'show', { name: 'www.example' }), true);
  assert.match(
    said,
    /^;; primary: A NOERROR, stored .* ago, good for .* s, zone \., \d+ bytes\nwww\.example\. .*\n;; secondary: A/,
  );
  assert.equal(await run(pair.call, 'show', { name: 'www.example', type: 'mx' }), true);
  assert.equal(said, ';; primary: nothing is cached\n;; secondary: nothing is cached\n');
  assert.equal(await run(alone.call, 'flush', { zone: 'example' }), false);
  assert.match(
    said,
    /^primary: 1 answer flushed\nThe secondary could not be asked, and has what it had: none listens in .*\n$/,
  );
  assert.equal(await run(pair.call, 'flush', { name: 'www.example', json: true }), true);
  assert.deepEqual(JSON.parse(said), {
    instances: [
      { slot: 'primary', flushed: 0 },
      { slot: 'secondary', flushed: 1 },
    ],
  });
  await assert.rejects(run(pair.call, 'flush', {}), /there is nothing to flush/);
  await assert.rejects(run(pair.call, 'show', { name: 'a', zone: 'b' }), /--zone goes with flush/);
});

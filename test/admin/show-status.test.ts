// show-status.test — a status begins with what is wrong, its exit code says so, and it can be watched.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showStatus } from '../../src/admin/show-status.ts';
import { statusSources } from '../../src/admin/status-sources.ts';
import { watchStatus } from '../../src/admin/watch-status.ts';
import { down, instance, minute, upstream } from '../lab/statuses.ts';

const sources = (...given: (object | Error)[]) =>
  given.map((one, i) => ({
    where: `127.0.0.1:${9253 + i}`,
    ask: async () => {
      if (one instanceof Error) throw one;
      return instance(one);
    },
  }));
const ill = { routes: [{ zone: '.', isForwarded: true, upstreams: [upstream('10.0.0.1:53', down)] }] };

async function shown(given: Parameters<typeof showStatus>[0], json = false) {
  let text = '';
  const well = await showStatus(given, json, (part) => {
    text += part;
  });
  return { well, text };
}

test('the verdict comes first, then what is wrong and what to do, then the tables', async () => {
  const { well, text } = await shown(sources({}, { slot: 'secondary' }));
  assert.equal(well, true);
  assert.match(text, /^OK: 2 instances serve; .*\n\nSLOT +PID +VERSION/);
  assert.match(text, /\nprimary +10\.0\.0\.1:53\/udp +up +1m0s +100 +0 +8\.0 ms +20\.0 ms +1s ago +\.\n/);
  const failing = await shown(sources(ill, new Error('nothing listens there')));
  assert.equal(failing.well, false);
  assert.match(
    failing.text,
    /^FAILING: upstream .*\(and 1 more\)\n\nfailing {2}upstream .*, for 2m10s\n {9}Look .*\nrisk {5}no instance could be asked at 127\.0\.0\.1:9254/,
  );
  assert.match(failing.text, /10\.0\.0\.1:53\/udp +DOWN +2m10s +40 +40 \(40 timeout\) +- +- +1s ago/);
});

test('as JSON it is the same', async () => {
  const { well, text } = await shown(sources(ill, new Error('gone')), true);
  const told = JSON.parse(text);
  assert.deepEqual([well, told.well, told.findings[0].gravity], [false, false, 'failing']);
  assert.match(told.verdict, /^FAILING/);
  assert.deepEqual([told.instances[0].status.slot, told.instances[1].error], ['primary', 'gone']);
  await assert.rejects(shown(sources(new Error('a'), new Error('b'))), { code: 'NO_INSTANCE' });
});

test('an instance of a version before, which tells less, is shown', async () => {
  const former = { endpoint: '10.0.0.1:53', transport: 'udp', healthy: false, requests: 1, failures: 1 };
  const routes = [{ zone: '.', upstreams: [former] }];
  const { text } = await shown(
    sources({ lastMinute: undefined, budget: undefined, ports: undefined, routes }),
  );
  assert.match(text, /10\.0\.0\.1:53\/udp +DOWN +- +- +- +- +- +- +\.\n/);
});

test('it is watched by tables on a terminal, and by lines elsewhere, until it is ended', async () => {
  for (const [isTerminal, json, expected] of [
    [true, false, /^ESC\[HESC\[2J00:00:01 {2}OK: /],
    [
      false,
      false,
      /^00:00:01 instances=1 queries\/s=16\.7 hits=98\.0% servfail\/min=0 old\/min=0 {2}OK: .*\n$/,
    ],
    [false, true, /^\{"well":true,.*\}\n$/],
  ] as const) {
    const texts: string[] = [];
    const ended = new AbortController();
    const print = (text: string) => {
      if (texts.push(text) === 3) ended.abort();
    };
    const watching = { json, isTerminal, print, now: () => 1000, until: ended.signal };
    assert.equal(await watchStatus(sources({ lastMinute: minute }), watching, 1), true);
    assert.equal(texts.length, 3);
    for (const text of texts) assert.match(text.replaceAll('\x1b', 'ESC'), expected);
  }
});

test('instances are asked at their ports, or by their socket where they have none', async () => {
  const where = async (admin: string | undefined, env = {}) =>
    (await statusSources(admin, env)).map((source) => source.where);
  assert.deepEqual(await where(undefined), ['127.0.0.1:9253', '127.0.0.1:9254']);
  assert.deepEqual(await where('auto'), ['127.0.0.1:9253', '127.0.0.1:9254']);
  assert.deepEqual(await where(undefined, { TWINDNS_INSTANCES: '10.0.0.1:9253, [::1]:9254' }), [
    '10.0.0.1:9253',
    '[::1]:9254',
  ]);
  assert.deepEqual(await where(undefined, { TWINDNS_ADMIN: 'off' }), ['primary', 'secondary']);
  await assert.rejects(where('nowhere'), /--admin is "nowhere": not an address/);
  const [primary] = await statusSources('off', { TWINDNS_CHANNEL_DIRECTORY: '/nonexistent' });
  await assert.rejects(primary!.ask(), /none listens in \/nonexistent for port 53/);
});

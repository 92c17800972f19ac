// query.test — `twindns query` says what came, why, and whether it is of any use.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askInstances } from '../../src/ask/ask-instances.ts';
import { query } from '../../src/ask/query.ts';
import { reverseName } from '../../src/ask/question.ts';
import { decodeReply, renderReply } from '../../src/ask/show-reply.ts';
import { formatEndpoint } from '../../src/config.ts';
import { controlled } from '../lab/controlled.ts';
import { a } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { failing, plain, replying } from '../lab/scripts.ts';
import { buildQuery, buildReply } from '../lab/wire.ts';

test('an address is looked up backwards', () => {
  assert.equal(reverseName('10.96.0.1'), '1.0.96.10.in-addr.arpa');
  assert.equal(reverseName('fd00::1'), `1.${'0.'.repeat(29)}d.f.ip6.arpa`);
  assert.throws(() => reverseName('10.96.0'), /"10\.96\.0" is not an IP address/);
});

test('extended errors are said in words', () => {
  const opt = Buffer.from([
    0,
    0,
    41,
    4,
    208,
    0,
    0,
    0,
    0,
    0,
    12,
    0,
    15,
    0,
    8,
    0,
    22,
    ...Buffer.from('at la\x1b'),
  ]);
  const reply = Buffer.concat([buildReply(buildQuery({ name: 'www.example' }), { rcode: 2 }), opt]);
  reply.writeUInt16BE(1, 10);
  const text = renderReply(decodeReply(reply, 'it'), ['1 ms']);
  assert.match(
    text,
    /^;; SERVFAIL, id .*\n;; EDE 22 \(No Reachable Authority, "at la\\u001b"\): no server has answered\n;; 1 ms\n$/,
  );
});

test('old data is said to be old, and the exit code says whether the answer is of use', async (t) => {
  let script = plain;
  const lab = await startLab(t, { upstreams: [(...given) => script(...given)] });
  const { channelDirectory } = controlled(t, { primary: lab }).config;
  let said = '';
  const run = (flags: object = {}) => {
    said = '';
    const given = { server: formatEndpoint(lab.endpoint), channelDirectory: channelDirectory!, ...flags };
    return query('www.example', undefined, given, {}, (text) => {
      said += text;
    });
  };
  assert.equal(await run(), true);
  assert.match(
    said,
    /^;; NOERROR.*\n;; answer\nwww\.example\. .* 192\.0\.2\.1\n;; answered by the primary, asked upstream, good for .* s, zone \.\n;; [\d.]+ ms from .* over udp, \d+ bytes\n$/,
  );
  lab.clock.skip(100);
  script = failing();
  assert.equal(await run(), true);
  assert.match(said, /;; EDE 3 \(Stale Answer\): old data, since no server has answered in time\n/);
  assert.match(
    said,
    /;; answered by the primary, from its cache, stored 10\d\.\d s ago, old data: it ran out 7\d\.\d s ago, zone \.\n/,
  );
  assert.equal(await run({ tcp: true }), true);
  assert.match(said, /;; old data of the primary: stored 1m4\ds ago, ran out 1m1\ds ago\n/);
  assert.equal(await run({ json: true }), true);
  assert.deepEqual(JSON.parse(said).errors, [{ code: 3, name: 'Stale Answer', text: '' }]);
  lab.clock.skip(2 * 24 * 3600);
  assert.equal(await run(), false);
  assert.match(said, /^;; SERVFAIL/);
});

test('words that do not go together are refused', async () => {
  const run = (name: string | undefined, type: string | undefined, flags: object) =>
    query(name, type, flags, {}, () => {});
  await assert.rejects(run(undefined, undefined, {}), /there is no name to look up/);
  await assert.rejects(run('A', 'b', { reverse: '10.0.0.1' }), /one name too many/);
  await assert.rejects(run('a', undefined, { trace: true, tcp: true }), /--tcp does not go with --slot/);
  await assert.rejects(
    run('a', undefined, { slot: 'both', server: '127.0.0.1:1', channelDirectory: '/nowhere' }),
    {
      code: 'NO_INSTANCE',
    },
  );
});

test('both instances are asked by themselves, and compared', async (t) => {
  const other = replying({ answer: [a('192.0.2.9')] });
  const [primary, secondary] = [await startLab(t), await startLab(t, { upstreams: [other] })];
  const { call } = controlled(t, { primary, secondary });
  let said = '';
  const run = (given: object = {}) => {
    said = '';
    const asked = { name: 'www.example', type: 'A', dnssec: false, slots: ['primary', 'secondary'] as const };
    return askInstances({ ...asked, trace: false, json: false, ...given }, call, (text) => {
      said += text;
    });
  };
  assert.equal(await run(), true);
  assert.match(
    said,
    /ms in the primary, from 127\.0\.0\.1:\d+\n\n;; NOERROR.* 192\.0\.2\.9\n;; [\d.]+ ms in the secondary, .*\n\nThe two instances answer differently\.\n$/s,
  );
  assert.equal(await run({ trace: true, slots: ['primary'] }), true);
  assert.match(
    said,
    /in the primary, from its cache: stored [\d.]+ s ago, good for [\d.]+ s\n;; trace\n;; {3}instance {2}primary, .*\n;; {3}zone {6}\.\n;; {3}cache {5}hit, .*\n;; {3}upstream {2}-\n$/,
  );
  assert.equal(await run({ json: true }), true);
  const { same, instances } = JSON.parse(said);
  assert.deepEqual(
    [same, instances[0].slot, instances[1].origin, instances[1].rcode],
    [false, 'primary', 'cache', 'NOERROR'],
  );
});

test('a failure says whom was asked', async (t) => {
  const lab = await startLab(t, { upstreams: [failing()] });
  const { call } = controlled(t, { primary: lab });
  let said = '';
  const asked = { name: 'www.example', type: 'A', dnssec: false, slots: ['primary', 'secondary'] as const };
  const isWell = await askInstances({ ...asked, trace: true, json: false }, call, (text) => {
    said += text;
  });
  assert.equal(isWell, false);
  assert.match(
    said,
    /^;; SERVFAIL.*;; {3}upstream {2}127\.0\.0\.1:\d+\/udp, .* ms, sent \d+ times?\n.*The secondary could not be asked: none listens/s,
  );
});

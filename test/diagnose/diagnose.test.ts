// diagnose.test — a diagnosis asks instances, servers and twins for real, and its report has names only where they are wanted.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Call } from '../../src/control/call-instance.ts';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { signatureTimes } from '../../src/diagnose/reply-facts.ts';
import { controlled, pairDirectory } from '../lab/controlled.ts';
import { startLab } from '../lab/resolver.ts';
import { plain, type Script } from '../lab/scripts.ts';
import { buildQuery, buildReply } from '../lab/wire.ts';

const other: Script = (query, line) =>
  query.name.length === 1 ? plain(query, line) : buildReply(query.bytes, { rcode: 5 });

async function pair(t: TestContext, script: Script = plain) {
  const [primary, secondary] = [await startLab(t), await startLab(t, { upstreams: [script] })];
  const { call } = controlled(t, { primary, secondary });
  await primary.ask('www.example');
  return async (given: Parameters<typeof diagnose>[0]) => {
    let said = '';
    const print = (text: string) => {
      said += text;
    };
    const well = await diagnose({ seconds: '1', ...given }, { call, print, now: () => 1_700_000_000_000 });
    return { well, said };
  };
}

test('where all is well one sentence says so', async (t) => {
  const run = await pair(t);
  const { well, said } = await run({});
  // On a machine that does much else the command itself may be late, and says so.
  const found = [...said.matchAll(/^(?:failing|risk) +(.*)$/gm)].map(([, what]) => what!);
  assert.deepEqual(
    found.filter(
      (what) => !/^a query of this command .* took|got no answer within a second$|processor time/.test(what),
    ),
    [],
  );
  assert.equal(well, found.length === 0);
  if (well)
    assert.match(
      said,
      /^In these 1 s \d+ queries were answered here, 99 % within [\d.]+ ms .* this node\.\n/,
    );
  await assert.rejects(run({ seconds: '61' }), /--seconds is "61": give a whole number from 1 to 60/);
});

test('twins that differ are found, and named only where names are wanted', async (t) => {
  const run = await pair(t, other);
  const file = join(pairDirectory(t), 'report.json.gz');
  const { well, said } = await run({ bundle: file });
  assert.equal(well, false);
  assert.match(
    said,
    /^failing {2}the instances answer 1 of 1 names differently: of www\.example\. A the primary says NOERROR and .*\n {9}where {2}the pair\n {9}do {5}/,
  );
  const report = gunzipSync(readFileSync(file)).toString();
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.doesNotMatch(report, /www\.example/);
  const { twins, servers, well: isWell } = JSON.parse(report);
  assert.deepEqual([isWell, twins.differing], [false, [{ type: 'A', isGrave: true }]]);
  assert.deepEqual([servers[0].udp.answered, servers[0].tcp.answered], [3, 3]);
  await assert.rejects(run({ bundle: file }), /the report cannot be written: EEXIST/);
  assert.match((await run({ json: true, names: true })).said, /"name": "www\.example\."/);
});

test('an instance that does not answer is told of, and holds nothing up', async (t) => {
  const { call } = controlled(t, { primary: await startLab(t) });
  const calls: string[] = [];
  const counting: Call = (slot, action, request, timeoutMs) => {
    if (slot === 'secondary') calls.push(action);
    return call(slot, action, request, timeoutMs);
  };
  let said = '';
  const print = (text: string) => {
    said += text;
  };
  assert.equal(await diagnose({ seconds: '1' }, { call: counting, print, now: Date.now }), false);
  assert.match(said, /^risk {5}no instance could be asked at the secondary: none listens in/m);
  assert.deepEqual(calls, ['status', 'status'], 'only whether it is there');
});

test('the times of signatures are those in which all of them hold', () => {
  const rrsig = (from: number, until: number) => {
    const rdata = Buffer.alloc(35);
    rdata.writeUInt16BE(6); // covers SOA
    rdata.writeUInt32BE(until, 8);
    rdata.writeUInt32BE(from, 12);
    return Buffer.concat([Buffer.from([0, 0, 46, 0, 1, 0, 0, 0, 60, 0, rdata.length]), rdata]);
  };
  const reply = buildReply(buildQuery({ name: '.', type: 6 }), {});
  assert.equal(signatureTimes(reply), undefined);
  reply.writeUInt16BE(2, 6);
  const signed = Buffer.concat([reply.subarray(0, 17), rrsig(100, 1000), rrsig(200, 900)]);
  signed.writeUInt16BE(0, 10);
  assert.deepEqual(signatureTimes(signed), { from: 200, until: 900 });
});

// resending.test — questions are sent again after what a server usually takes, late and doubled replies are taken for what they are, and 4 s are the end.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addresses, parseMessage } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { inTurn, plain, type Received, replying, type Script, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, buildReply, flags, header, rcodes } from '../lab/wire.ts';

const genuine = ['192.0.2.1'];

/** The script, on a server without TCP. */
function withoutTcp(script: Script): Script {
  return (query, line) => (query.transport === 'tcp' ? (line.reset() as undefined) : script(query, line));
}

/** So many names at once, by one client. */
async function askMany(lab: Lab, prefix: string, count: number): Promise<void> {
  const client = await lab.udp();
  for (let i = 0; i < count; i++) client.send(buildQuery({ id: i, name: `${prefix}${i}.example` }));
  for (let i = 0; i < count; i++) assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
}

function mismatchesOf({ resolver }: Lab): number[] {
  return resolver.servers().map(({ mismatches }) => mismatches);
}

test('a server that usually answers at once is asked again soon, up to eight times', async (t) => {
  const lab = await startLab(t);
  for (let i = 0; i < 20; i++) await lab.ask(`usual${i}.example`);
  lab.upstream.script = inTurn(...Array<Script>(7).fill(silent), plain);
  assert.deepEqual(addresses(await lab.ask('lost.example')), genuine);
  assert.equal(lab.upstream.asked('lost.example').length, 8);
});

test('the servers of a route are asked in turn', async (t) => {
  const lab = await startLab(t, { upstreams: [plain, plain] });
  await askMany(lab, 'usual', 10);
  lab.upstreams[0]!.script = silent;
  lab.upstreams[1]!.script = inTurn(silent, plain);
  assert.deepEqual(addresses(await lab.ask('lost.example')), genuine);
  assert(lab.upstreams[0]!.asked('lost.example').length >= 1);
  assert.equal(lab.upstreams[1]!.asked('lost.example').length, 2);
});

test('replies that come twice are no attack', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      withoutTcp((query, line) => [plain(query, line), plain(query, line)].filter(Buffer.isBuffer)),
    ],
  });
  await askMany(lab, 'x', 160);
  await askMany(lab, 'y', 160);
  assert.deepEqual(mismatchesOf(lab), [0, 0]);
  assert.equal(lab.upstream.log.filter(({ transport }) => transport === 'tcp').length, 0);
});

test('a datagram cut short is asked for over TCP, the slice is never kept', async (t) => {
  const whole = replying({ answer: Array.from({ length: 60 }, (_, i) => a(`10.0.0.${i}`)) });
  const lab = await startLab(t, {
    upstreams: [
      (query, line) => {
        const reply = whole(query, line) as Buffer;
        return query.transport === 'udp' ? reply.subarray(0, 512) : reply;
      },
    ],
  });
  for (const _ of ['miss', 'hit']) assert.equal((await lab.ask('x.example', 'tcp')).answer.length, 60);
  assert.deepEqual(
    lab.upstream.asked('x.example').map(({ transport }) => transport),
    ['udp', 'tcp'],
  );
});

test('an error without a question is no word of the server: who guesses an id could have sent it', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      withoutTcp((query, line) => {
        line.send(header(query.id, 0x8180 | rcodes.SERVFAIL, [0, 0, 0, 0]));
        setTimeout(() => line.send(plain(query, line) as Buffer), 50);
        return undefined;
      }),
    ],
  });
  assert.deepEqual(addresses(await lab.ask('x.example')), genuine);
});

test('a thousand questions go out by 200 ports and more', async (t) => {
  const lab = await startLab(t);
  for (let round = 0; round < 10; round++) await askMany(lab, `r${round}-`, 100);
  const queries = lab.upstream.log.filter(({ name }) => name.length > 1);
  const ports = queries.slice(0, 1000).map(({ sourcePort }) => sourcePort);
  assert(new Set(ports).size >= 200, `${new Set(ports).size} ports`);
});

test('where descriptors are short questions go out by few ports', async (t) => {
  const lab = await startLab(t, { descriptors: 128 });
  await askMany(lab, 'x', 100);
  const bound = lab.resolver.status().budget.find(({ name }) => name === 'upstream_sockets')!;
  assert.deepEqual([bound.held, bound.most], [16, 16]);
});

describe('slow and silent servers', { concurrency: true }, () => {
  test('replies later than all sends are no attack, and are used', async (t) => {
    const late: Script = async (query, line) => {
      await pause(1200);
      return plain(query, line);
    };
    const lab = await startLab(t, { upstreams: [withoutTcp(late)] });
    await askMany(lab, 'x', 100);
    await askMany(lab, 'y', 100);
    assert.deepEqual(mismatchesOf(lab), [0, 0]);
  });

  test('whatever happens in between, 4 s are the end', async (t) => {
    const late = async (ms: number, then: () => Buffer) => {
      await pause(ms);
      return then();
    };
    const script =
      (truncatedAfter: number): Script =>
      (query, line) => {
        if (query.name.length === 1) return plain(query, line);
        const failing = (rcode: number) => () => buildReply(query.bytes, { rcode });
        if (query.transport === 'udp') {
          return late(truncatedAfter, () => buildReply(query.bytes, { flags: flags.TC }));
        }
        const hasEdns = query.bytes.readUInt16BE(10) > 0;
        return hasEdns ? late(1100, failing(rcodes.FORMERR)) : late(1900, failing(rcodes.SERVFAIL));
      };
    const lab = await startLab(t, { upstreams: [script(700), script(1900)] });
    const { value, ms } = await timed(lab.ask('x.example'));
    assert.equal(value.rcode, rcodes.SERVFAIL);
    assert(ms < 4500, `${ms} ms`);
  });

  test('a server that failed and answers late is well again', async (t) => {
    const lab = await startLab(t, { upstreams: [silent] });
    const asked = lab.ask('x.example');
    const isHealthy = () => lab.resolver.status().routes[0]!.upstreams[0]!.healthy;
    while (isHealthy()) await pause(10);
    lab.upstream.script = async (query, line) => {
      await pause(900);
      return plain(query, line);
    };
    for (const end = performance.now() + 4000; !isHealthy(); await pause(10)) assert(performance.now() < end);
    await asked;
  });

  test('one slow name does not make its server fail for the others', async (t) => {
    const isSlow = ({ name }: Received) => name.includes('slow');
    const script: Script = (query, line) => (isSlow(query) ? undefined : plain(query, line));
    const lab = await startLab(t, { upstreams: [script, plain] });
    await askMany(lab, 'usual', 10);
    const slow = lab.ask('slow.example');
    const [first] = lab.resolver.status().routes[0]!.upstreams;
    const state = () => lab.resolver.status().routes[0]!.upstreams[0]!;
    while (state().failures === first!.failures) await pause(1);
    for (let i = 0; i < 100; i++, await pause(5)) assert(state().healthy);
    await askMany(lab, 'other', 10);
    assert.equal(lab.upstreams[1]!.log.filter((query) => !isSlow(query)).length, 0);
    assert.deepEqual(addresses(await slow), genuine);
  });
});

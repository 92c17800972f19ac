// failover.test — several upstreams: dead ones are stepped over, final answers are final (section L).

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addresses } from '../lab/message.ts';
import { a, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { failing, plain, replying, type Script, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { rcodes } from '../lab/wire.ts';

const genuine = ['192.0.2.1'];

/** An endpoint nobody listens on. */
async function closedEndpoint() {
  const upstream = await ScriptedUpstream.start();
  await upstream.stop();
  return upstream.endpoint;
}

describe('with silent upstreams', { concurrency: true }, () => {
  test('a dead first server costs the first query under 3 s and the next ones nothing', async (t) => {
    const lab = await startLab(t, { upstreams: [silent, plain] });
    const first = await timed(lab.ask('n0.example'));
    assert.deepEqual(addresses(first.value), genuine);
    assert(first.ms < 3000, `${first.ms} ms`);
    for (let i = 1; i <= 10; i++) {
      const { value, ms } = await timed(lab.ask(`n${i}.example`));
      assert.deepEqual(addresses(value), genuine);
      assert(ms < 150, `query ${i}: ${ms} ms`);
    }
  });

  test('all silent: SERVFAIL within 4 s', async (t) => {
    const lab = await startLab(t, { upstreams: [silent, silent, silent] });
    const { value, ms } = await timed(lab.ask('x.example'));
    assert.equal(value.rcode, rcodes.SERVFAIL);
    assert(ms < 4500, `${ms} ms`);
    for (const upstream of lab.upstreams) assert(upstream.asked('x.example').length <= 3);
  });

  test('all marked down: they are tried all the same, and come back', async (t) => {
    const lab = await startLab(t, { upstreams: [silent, silent] });
    await Promise.all(['a', 'b', 'c'].map((label) => lab.ask(`${label}.example`)));
    for (const upstream of lab.upstreams) upstream.script = plain;
    const { value, ms } = await timed(lab.ask('d.example'));
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 2500, `${ms} ms`);
  });

  test('health checks are few', async (t) => {
    const lab = await startLab(t, { upstreams: [silent, plain] });
    const { ms } = await timed(
      Promise.all([lab.ask('x.example'), lab.ask('y.example')]).then(() => lab.ask('z.example')),
    );
    const { ms: more } = await timed(
      lab.upstreams[0]!.when(() => false, 'nothing', 2500).catch(() => undefined),
    );
    for (const { log } of lab.upstreams) {
      const checks = log.filter(({ name }) => name.length === 1);
      assert(checks.length <= (2 * (ms + more)) / 1000 + 2, `${checks.length} in ${ms + more} ms`);
    }
  });
});

test('a closed port is stepped over at once', async (t) => {
  const good = await ScriptedUpstream.start();
  t.after(() => good.stop());
  const lab = await startLab(t, { config: { upstreams: [await closedEndpoint(), good.endpoint] } });
  for (const name of ['a.example', 'b.example']) {
    const { value, ms } = await timed(lab.ask(name));
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 150, `${ms} ms`);
  }
});

test('only closed ports: SERVFAIL soon, with little work', async (t) => {
  const lab = await startLab(t, { config: { upstreams: [await closedEndpoint(), await closedEndpoint()] } });
  const { value, ms, cpuMs } = await timed(lab.ask('x.example'));
  assert.equal(value.rcode, rcodes.SERVFAIL);
  assert(ms < 4500, `${ms} ms`);
  assert(cpuMs < 400, `${cpuMs} ms of CPU`);
});

for (const [what, rcode] of Object.entries({ SERVFAIL: 2, NOTIMP: 4, REFUSED: 5 })) {
  test(`${what} from the first server: the next is asked`, async (t) => {
    const lab = await startLab(t, { upstreams: [failing(rcode), plain] });
    for (const name of ['a.example', 'b.example']) assert.deepEqual(addresses(await lab.ask(name)), genuine);
  });

  test(`${what} from all servers is what the client gets`, async (t) => {
    const lab = await startLab(t, { upstreams: [failing(rcode), failing(rcode)] });
    assert.equal((await lab.ask('x.example')).rcode, rcode);
  });
}

for (const [what, rcode] of Object.entries({ NODATA: 0, NXDOMAIN: 3 })) {
  test(`${what} from a server is final`, async (t) => {
    const negative = replying({ rcode, authority: [soa({ owner: 'example' })] });
    const lab = await startLab(t, { upstreams: [negative, negative] });
    const reply = await lab.ask('x.example');
    assert.deepEqual([reply.rcode, reply.answer.length], [rcode, 0]);
    assert.equal(lab.upstreams.flatMap((upstream) => upstream.asked('x.example')).length, 1);
  });
}

test('upstreams that are replaced again and again keep what they were asked, and no sockets', async (t) => {
  const late: Script = async (query, line) => {
    await pause(20);
    return plain(query, line);
  };
  const lab = await startLab(t, { upstreams: [late, late] });
  const sockets = () => readdirSync('/proc/self/fd').length;
  const asked = [];
  const before = sockets();
  for (let i = 0; i < 30; i++) {
    lab.resolver.setUpstreams([lab.upstreams[i % 2]!.endpoint]);
    asked.push(timed(lab.ask(`n${i}.example`)));
    await pause(5);
  }
  for (const { value, ms } of await Promise.all(asked)) {
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 600, `${ms} ms`);
  }
  await lab.settled();
  lab.clock.skip(6);
  while (sockets() > before) await pause(20);
});

test('new upstreams replace the old ones, and the cache stays', async (t) => {
  const lab = await startLab(t);
  await lab.ask('kept.example');
  const other = await ScriptedUpstream.start(replying({ answer: [a('10.9.9.9')] }));
  t.after(() => other.stop());
  lab.resolver.setUpstreams([other.endpoint]);
  assert.deepEqual(addresses(await lab.ask('kept.example')), genuine);
  assert.deepEqual(addresses(await lab.ask('new.example')), ['10.9.9.9']);
});

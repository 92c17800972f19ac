// errors-log.test — a question that no server answers is told in the log, one by one or counted, where its block wants that.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Fields, Log } from '../../src/log/log.ts';
import type { LogPlan } from '../../src/plan/log-plan.ts';
import { CROWDED, failureSentence, NO_WAY, SILENCE } from '../../src/upstream/failure.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { freePort } from '../lab/free-port.ts';
import { startLab } from '../lab/resolver.ts';
import { rcodes } from '../lab/wire.ts';

before(loadRegexEngine);

const consolidate = { within: 60_000, pattern: '^dial udp .*', level: 'warn', showFirst: false } as const;

for (const [what, errors, expected] of [
  ['without `errors`', undefined, []],
  [
    'each by itself',
    { consolidate: [] },
    ['error dial udp PORT: connect: no way to it', 'error dial udp PORT: connect: no way to it'],
  ],
  ['counted', { consolidate: [consolidate] }, ["warn 2 errors like '^dial udp .*' occurred in last 1m"]],
] as const satisfies readonly (readonly [string, LogPlan['errors'], readonly string[]])[])
  test(`a server that is not there: ${what}`, async (t) => {
    const port = await freePort();
    const lines: string[] = [];
    const names: unknown[] = [];
    const at = (level: string) => (text: string, fields?: Fields) => {
      if (!/errors like|dial|read/.test(text)) return;
      lines.push(`${level} ${text.replace(`127.0.0.1:${port}`, 'PORT')}`);
      names.push(fields?.name);
    };
    const log: Log = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      line: at('line'),
    };
    const lab = await startLab(t, {
      log,
      config: { upstreams: [{ address: '127.0.0.1', port }] },
      plan: (plan) => ({
        ...plan,
        listeners: plan.listeners.map(({ at: where, zones }) => ({
          at: where,
          zones: zones.map(({ suffix, block }) => ({
            suffix,
            block: { ...block, log: { queries: [], errors } },
          })),
        })),
      }),
    });
    for (const name of ['a.example', 'b.example']) assert.equal((await lab.ask(name)).rcode, rcodes.SERVFAIL);
    await lab.resolver.stop();
    assert.deepEqual(lines, expected);
    if (lines.length === 2) assert.deepEqual(names, ['a.example.', 'b.example.']);
  });

test('the sentences are those that patterns are written for', () => {
  const servers = ['192.0.2.1:53', '192.0.2.2:53'];
  assert.match(failureSentence(SILENCE, servers, 'udp')!, /^read udp .* i\/o timeout$/);
  assert.match(failureSentence(SILENCE, servers, 'tls')!, /^read tcp /);
  assert.match(
    failureSentence(NO_WAY, servers, 'tcp')!,
    /^dial tcp 192\.0\.2\.1:53, 192\.0\.2\.2:53: connect: /,
  );
  assert.match(failureSentence(CROWDED, servers, 'udp')!, /exceeded maximum$/);
  assert.equal(failureSentence({ rcode: rcodes.SERVFAIL, ede: -1 }, servers, 'udp'), undefined);
  assert.equal(failureSentence(SILENCE, [], 'udp'), undefined);
});

// autopath.test — what is asked for in place of a client, for which of its questions, and what it is told.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressRecord, message, soaRecord } from '../../src/zone/build-message.ts';
import type { Message } from '../../src/zone/message.ts';
import { nameText } from '../../src/zone/wire-name.ts';
import { type QuestionSpec, question, wire } from '../lab/question.ts';
import { types } from '../lab/wire.ts';
import { blockOf, corefile, type MadeUp, read, said } from './reading.ts';

const files = {
  '/etc/resolv.conf': 'nameserver 192.0.2.53\nsearch corp.example\n',
  '/pod.conf':
    'search old.example\nsearch team.svc.cluster.local svc.cluster.local cluster.local corp.example\n',
  '/static.conf': 'domain one.example\n',
  '/none.conf': 'nameserver 192.0.2.1\n',
  'near.conf': 'search x.svc.cluster.local svc.cluster.local cluster.local corp.example\n',
};

const block = (lines: readonly string[]) => `cluster.local {\n${lines.join('\n')}\n}\n`;

function stepOf(line: string, zone = 'cluster.local') {
  const { plan, faults } = read(`${zone} {\n${line}\n}\n`, { files });
  assert.equal(said(faults), '');
  return plan.listeners[0]!.zones[0]!.block.steps[0]!;
}

interface Outcome {
  readonly asked: readonly string[];
  readonly given: Message;
}

/** Which names exist, with which answer; others do not, for 30 s. */
async function outcome(
  line: string,
  name: string,
  known: Readonly<Record<string, Message>>,
  type: keyof typeof types = 'A',
): Promise<Outcome> {
  const asked: string[] = [];
  const given = await stepOf(line).resolve(question(name, { type }), async ({ name: other }) => {
    const text = nameText(other);
    asked.push(text);
    const soa = soaRecord(wire('cluster.local'), 30, wire('ns'), wire('root'));
    return known[text] ?? message({ rcode: 3, authority: [soa] });
  });
  return { asked, given };
}

const found = (name: string, ttl = 300) =>
  message({ answer: [addressRecord(wire(name), ttl, Buffer.of(10, 0, 0, 1))], authentic: true });

describe('the rest of the list is asked for', () => {
  const walk = [
    'www.example.org.team.svc.cluster.local.',
    'www.example.org.svc.cluster.local.',
    'www.example.org.cluster.local.',
    'www.example.org.corp.example.',
    'www.example.org.',
  ];
  for (const line of [
    'autopath @kubernetes',
    'autopath /pod.conf',
    'autopath near.conf',
    'autopath cluster.local near.conf',
    'autopath x.svc.cluster.local svc.cluster.local cluster.local corp.example',
  ])
    test(line, async (t) => {
      t.mock.method(performance, 'now', () => 0);
      const { asked, given } = await outcome(line, walk[0]!, {
        'www.example.org.': found('www.example.org'),
      });
      assert.deepEqual(asked, walk);
      assert.deepEqual(
        given.answer.map(({ owner, type, ttl }) => [nameText(owner), type, ttl]),
        [
          [walk[0], types.CNAME, 30],
          ['www.example.org.', types.A, 300],
        ],
      );
      assert.equal(given.answer[0]!.data.toString('latin1'), wire('www.example.org'));
      assert.equal(given.authentic, false);
    });

  test('up to the first that exists, whether it has the type or not', async () => {
    const { asked, given } = await outcome('autopath @kubernetes', 'db.other.team.svc.cluster.local', {
      'db.other.svc.cluster.local.': message(),
    });
    assert.deepEqual(asked, ['db.other.team.svc.cluster.local.', 'db.other.svc.cluster.local.']);
    assert.deepEqual([given.rcode, given.answer], [0, []]);
  });

  test('and where nothing exists, or a server fails, the client is told the first answer', async () => {
    const none = await outcome('autopath @kubernetes', 'a.b.team.svc.cluster.local', {});
    assert.deepEqual([none.asked.length, none.given.rcode, none.given.authority.length], [5, 3, 1]);
    const fails = await outcome('autopath @kubernetes', 'a.b.team.svc.cluster.local', {
      'a.b.cluster.local.': message({ rcode: 2 }),
    });
    assert.deepEqual([fails.asked.length, fails.given.rcode], [3, 3]);
  });

  test('once for both types, while what does not exist is known not to', async (t) => {
    const step = stepOf('autopath @kubernetes');
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const asked: string[] = [];
    const ask = async (type: keyof typeof types) =>
      step.resolve(question(walk[0]!, { type }), async ({ name, type }) => {
        asked.push(`${nameText(name)} ${type}`);
        await Promise.resolve();
        const soa = soaRecord(wire('cluster.local'), 20, wire('ns'), wire('root'));
        return name === wire('www.example.org')
          ? found('www.example.org')
          : message({ rcode: 3, authority: [soa] });
      });
    const [a, aaaa] = await Promise.all([ask('A'), ask('AAAA')]);
    assert.deepEqual([a.answer[0]!.ttl, aaaa.answer[0]!.ttl], [20, 20]);
    const last = [`www.example.org. ${types.A}`, `www.example.org. ${types.AAAA}`];
    assert.deepEqual(
      asked.splice(0).slice(4).sort(),
      last.sort(),
      'four names do not exist, for either type',
    );
    now = 15_500;
    assert.equal((await ask('A')).answer[0]!.ttl, 4);
    assert.equal(asked.splice(0).length, 1);
    now = 20_000;
    await ask('A');
    assert.equal(asked.length, 5);
  });

  test('once for both types, where nothing exists: the denial is as old as it is', async (t) => {
    const step = stepOf('autopath @kubernetes');
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    let asked = 0;
    const ask = async (spec: QuestionSpec) =>
      step.resolve(question(walk[0]!, spec), async () => {
        asked++;
        await Promise.resolve();
        return message({
          rcode: 3,
          authority: [soaRecord(wire('cluster.local'), 20, wire('ns'), wire('root'))],
        });
      });
    await Promise.all([ask({}), ask({ type: 'AAAA' })]);
    assert.equal(asked, 6, 'of the last both ask');
    now = 15_500;
    const { rcode, authority } = await ask({ type: 'AAAA' });
    assert.deepEqual([rcode, authority[0]!.ttl, asked], [3, 4, 6]);
    await ask({ dnssecOk: true });
    assert.equal(asked, 11, 'proofs come to those that ask for them');
  });

  test('for AAAA as for itself where the name has an A', async () => {
    const asked: number[] = [];
    const step = stepOf('autopath @kubernetes');
    const ask = (type: keyof typeof types) =>
      step.resolve(question('web-0.nginx.team.svc.cluster.local', { type }), async ({ type }) => {
        asked.push(type);
        await Promise.resolve();
        return type === types.A ? found('web-0.nginx.team.svc.cluster.local') : message();
      });
    const [a, aaaa] = await Promise.all([ask('A'), ask('AAAA')]);
    assert.deepEqual(
      [a.answer.length, aaaa.answer.length, aaaa.rcode, asked],
      [1, 0, 0, [types.A, types.AAAA]],
    );
  });

  test('by itself where the walk of another question never ends', async (t) => {
    const step = stepOf('autopath @kubernetes');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const denied = async () => message({ rcode: 3 });
    let asked = 0;
    void step.resolve(question(walk[0]!), () => (asked++ === 0 ? denied() : new Promise(() => {})));
    await new Promise(setImmediate);
    const second = step.resolve(question(walk[0]!, { type: 'AAAA' }), denied);
    await new Promise(setImmediate);
    t.mock.timers.tick(2000);
    assert.equal((await second).rcode, 3);
  });

  test('of a list without a namespace, for its first domain alone', async () => {
    assert.deepEqual((await outcome('autopath cluster.local /static.conf', 'a.b.one.example', {})).asked, [
      'a.b.one.example.',
    ]);
    const step = stepOf('autopath /static.conf', 'one.example');
    assert.match(step.explain(question('a.b.one.example'))!, /asks for a\.b\.$/);
  });
});

describe('nothing is asked for', () => {
  for (const [name, type] of [
    ['www.example.org', 'A'],
    ['mysql.team.svc.cluster.local', 'A'],
    ['team.svc.cluster.local', 'A'],
    ['svc.cluster.local', 'A'],
    ['_http._tcp.db.team.svc.cluster.local', 'A'],
    ['a.b.team.svc.cluster.local', 'MX'],
    ['a.b.team.pod.cluster.local', 'A'],
  ] as const)
    test(`${name} ${type}`, async () => {
      const { asked } = await outcome('autopath @kubernetes', name, {}, type);
      assert.deepEqual(asked, [`${name}.`]);
      assert.equal(stepOf('autopath @kubernetes').explain(question(name, { type })), undefined);
    });

  test('where the name exists', async () => {
    const name = 'a.b.team.svc.cluster.local.';
    assert.deepEqual((await outcome('autopath @kubernetes', name, { [name]: message() })).asked, [name]);
  });
});

for (const [line, says] of [
  ['autopath', /needs a search list/],
  ['autopath /absent', /\/absent cannot be read: it is not there/],
  ['autopath /none.conf', /"\/none\.conf" has no search list/],
  ['autopath @kubernets', /@kubernetes does/],
  ['autopath a..b c', /is no zone/],
  ['autopath cluster.local', /cannot be read/],
] as const)
  test(`refused: ${line}`, () => {
    const { faults } = read(block([line]), { files });
    assert.match(said(faults), /^2: /);
    assert.match(said(faults), says);
  });

test('a list is cut, and a resolv.conf that is not there is said', () => {
  const many: MadeUp = { files: { '/many.conf': `search a.svc.x ${'b.example '.repeat(12)}\n` } };
  const { faults, warnings } = read(block(['autopath /many.conf']), many);
  assert.equal(said(faults), '');
  assert.match(said(warnings), /the first 10 domains/);
  assert.ok(blockOf(['autopath @kubernetes'], { files: { [corefile]: '' } }).steps.length === 1);
});

// views.test — blocks that are there for some queries alone, and class CH: what one client hears is never another's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockPlan, Plan } from '../../src/plan/plan.ts';
import { Acl, type AclAction, type AclList } from '../../src/zone/acl.ts';
import { Any } from '../../src/zone/any.ts';
import { Chaos } from '../../src/zone/chaos.ts';
import { Local } from '../../src/zone/local.ts';
import { View } from '../../src/zone/view.ts';
import { Whoami } from '../../src/zone/whoami.ts';
import { addresses } from '../lab/message.ts';
import { wire } from '../lab/question.ts';
import { a } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { replying } from '../lab/scripts.ts';
import { buildQuery, options, rcodes, types } from '../lab/wire.ts';

type Change = (block: BlockPlan) => readonly (readonly [suffix: string, change: Partial<BlockPlan>])[];

/** Zones made of the block that flags make. */
function zonesOf(changes: Change): (plan: Plan) => Plan {
  return (plan) => {
    const { block } = plan.listeners[0]!.zones[0]!;
    const zones = changes(block).map(([suffix, change]) => ({
      suffix,
      block: { ...block, ...change, identity: JSON.stringify([suffix, change]) },
    }));
    return { ...plan, listeners: plan.listeners.map(({ at }) => ({ at, zones })) };
  };
}

const overTcp = new View('tcp', [({ client }) => client.transport === 'tcp']);
const forAAAA = new View('aaaa', [({ type }) => type === types.AAAA]);
const never = new View('never', [() => false]);

/** The servers of the flags' one forward, each in one of its own. */
function forwardsOf({ forwards: [forward] }: BlockPlan) {
  return forward!.servers.map((server) => [{ ...forward!, servers: [server] }]);
}

const twoServers = [replying({ answer: [a('10.0.0.1')] }), replying({ answer: [a('10.0.0.2')] })];

test('the first block whose view is for a query takes it, and its answers are cached for such queries alone', async (t) => {
  const plan = zonesOf((block) => {
    const [first, second] = forwardsOf(block);
    return [
      ['', { view: never, forwards: [] }],
      ['', { view: overTcp, forwards: second! }],
      ['', { forwards: first! }],
    ];
  });
  const lab = await startLab(t, { upstreams: twoServers, plan });
  for (let i = 0; i < 4; i++) {
    assert.deepEqual(addresses(await lab.ask('a.example', 'udp')), ['10.0.0.1']);
    assert.deepEqual(addresses(await lab.ask('a.example', 'tcp')), ['10.0.0.2']);
  }
  assert.deepEqual(
    lab.upstreams.map(({ log }) => log.length),
    [1, 1],
    'each is asked once',
  );
});

test('where no view of a suffix is for a query a shorter suffix takes it', async (t) => {
  const plan = zonesOf((block) => {
    const [first, second] = forwardsOf(block);
    return [
      ['in.example', { view: overTcp, forwards: second! }],
      ['example', { forwards: first! }],
    ];
  });
  const lab = await startLab(t, { upstreams: twoServers, plan });
  assert.deepEqual(addresses(await lab.ask('a.in.example', 'udp')), ['10.0.0.1']);
  assert.deepEqual(addresses(await lab.ask('a.in.example', 'udp')), ['10.0.0.1']);
  assert.deepEqual(addresses(await lab.ask('a.in.example', 'tcp')), ['10.0.0.2']);
});

test('a query for which no block is there is refused', async (t) => {
  const lab = await startLab(t, { plan: zonesOf(() => [['', { view: forAAAA }]]) });
  assert.equal((await lab.ask('a.example')).rcode, rcodes.REFUSED);
  assert.equal((await lab.ask({ name: 'a.example', type: types.AAAA })).rcode, rcodes.NOERROR);
});

test('another plan with another view: what was kept by the old one is not given', async (t) => {
  const change = (view: View) =>
    zonesOf((block) => {
      const [first, second] = forwardsOf(block);
      return [
        ['', { view, forwards: view === overTcp ? second! : first! }],
        ['', { forwards: first! }],
      ];
    });
  let flags: Plan | undefined;
  const lab = await startLab(t, {
    upstreams: twoServers,
    plan: (plan) => {
      flags = plan;
      return change(overTcp)(plan);
    },
  });
  assert.deepEqual(addresses(await lab.ask('a.example', 'tcp')), ['10.0.0.2']);
  lab.clock.skip(1);
  lab.resolver.setPlan(change(new View('all', []))(flags!));
  assert.deepEqual(addresses(await lab.ask('a.example', 'tcp')), ['10.0.0.1']);
});

test('what a guard refuses comes with the reason that it gives', async (t) => {
  const guards = [
    new Acl([{ zones: [], rules: [{ action: 'block', types: undefined, networks: undefined }] }]),
  ];
  const lab = await startLab(t, { plan: zonesOf(() => [['', { guards }]]) });
  for (const transport of ['udp', 'tcp'] as const) {
    const { rcode, edns, question } = await lab.ask({ name: 'A.example', edns: {} }, transport);
    assert.equal(rcode, rcodes.REFUSED);
    assert.deepEqual(
      edns!.options.map(({ code, data }) => [code, data.readUInt16BE()]),
      [[options.EDE, 15]],
    );
    assert.match(question.toString('latin1'), /A.example/s);
  }
});

test('class CH: told where a block has chaos, refused elsewhere', async (t) => {
  const guards = [new Any(), new Chaos('v1', [], 'node-7')];
  const lab = await startLab(t, {
    plan: zonesOf(() => [
      ['', { guards }],
      ['example', { guards: [new Whoami()], forwards: [] }],
    ]),
  });
  const asks = (name: string, type: number = types.TXT) => ({ name, type, class: 3 });
  for (const transport of ['udp', 'tcp'] as const) {
    const { rcode, answer } = await lab.ask(asks('version.bind'), transport);
    assert.equal(rcode, rcodes.NOERROR);
    assert.deepEqual(
      answer.map(({ class: cls, rdata }) => [cls, rdata.toString()]),
      [[3, '\x02v1']],
    );
    for (const other of [asks('version.cluster'), asks('a.example'), asks('version.bind', types.ANY)])
      assert.equal((await lab.ask(other, transport)).rcode, rcodes.REFUSED);
  }
  assert.equal(lab.upstream.log.length, 0);
  assert.equal(
    (await lab.ask('version.bind')).rcode,
    rcodes.NOERROR,
    'in class IN it is a name like any other',
  );
});

test('clients that ask whoami at the same time get an answer each', async (t) => {
  const lab = await startLab(t, { plan: zonesOf(() => [['', { guards: [new Whoami()], forwards: [] }]]) });
  const replies = await Promise.all(
    Array.from({ length: 6 }, (_, i) => lab.ask('a.example', i % 2 === 0 ? 'udp' : 'tcp')),
  );
  const ports = replies.map(({ additional }) =>
    additional.find(({ type }) => type === types.SRV)!.rdata.readUInt16BE(4),
  );
  assert.ok(new Set(ports).size > 1);
  for (const [i, { additional, aa }] of replies.entries()) {
    assert.equal(aa, true);
    assert.match(additional[1]!.name.toString('latin1'), i % 2 === 0 ? /^._udp/s : /^._tcp/s);
  }
});

test('what an acl has done is counted by zone, and local counts search lists at work', async (t) => {
  const block = (action: AclAction, name: string): AclList => ({
    zones: [wire(name)],
    rules: [{ action, types: undefined, networks: undefined }],
  });
  const acl = new Acl([
    block('block', 'b.example'),
    block('filter', 'f.example'),
    block('drop', 'd.example'),
  ]);
  const lab = await startLab(t, {
    plan: zonesOf(() => [['example', { guards: [acl], steps: [new Local(true)] }]]),
  });
  const client = await lab.udp();
  client.send(buildQuery({ name: 'd.example' }));
  for (const name of ['a.example', 'b.example', 'b.example', 'f.example', 'localhost.example'])
    await lab.ask(name);
  const { clientZones, events } = lab.resolver.counters;
  const { acl: counted } = clientZones.find(({ zone }) => zone === 'example.')!;
  assert.deepEqual([...counted], [2, 2, 1, 1]);
  assert.equal(events.localhostQueries, 1);
});

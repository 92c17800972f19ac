// zones.test — what a plan says beyond flags: names of no zone, guards, steps, several audiences, and another plan while it serves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockPlan, Plan } from '../../src/plan/plan.ts';
import { message } from '../../src/zone/build-message.ts';
import type { Guard } from '../../src/zone/guard.ts';
import type { Step } from '../../src/zone/step.ts';
import { askUdp } from '../lab/client.ts';
import { addresses } from '../lab/message.ts';
import { wire } from '../lab/question.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { buildQuery, nameBytes, rcodes } from '../lab/wire.ts';

/** Each zone with what is changed of the block that flags make. */
function zonesOf(plan: Plan, blocks: Readonly<Record<string, Partial<BlockPlan>>>): Plan {
  const { block } = plan.listeners[0]!.zones[0]!;
  const zones = Object.entries(blocks).map(([suffix, change]) => ({
    suffix,
    block: { ...block, ...change, identity: JSON.stringify([block.identity, suffix, change]) },
  }));
  return { ...plan, listeners: plan.listeners.map(({ at }) => ({ at, zones })) };
}

/** The names that the server was asked for. */
function askedOf(lab: Lab): string[] {
  const known = ['a.example', 'other.example'];
  return lab.upstream.log.map(({ name }) => known.find((one) => nameBytes(one).equals(name)) ?? 'another');
}

const renames: Step = {
  name: 'renames',
  explain: () => undefined,
  async resolve(question, next) {
    const answer = await next({ ...question, name: wire('other.example') });
    return { ...answer, answer: answer.answer.map((record) => ({ ...record, owner: question.name })) };
  },
};
const throws: Step = {
  name: 'throws',
  explain: () => undefined,
  resolve: async () => {
    throw new Error('as steps do not');
  },
};
const never: Step = { name: 'never', explain: () => undefined, resolve: () => new Promise(() => {}) };
const asksForEver: Step = {
  name: 'asksForEver',
  explain: () => undefined,
  async resolve(question, next) {
    for (let i = 0; ; i++) {
      const answer = await next({ ...question, name: wire(`n${i}.example`) });
      if (answer.rcode !== rcodes.NOERROR) return answer;
    }
  },
};
const blocks: Guard = {
  name: 'blocks',
  explain: () => undefined,
  judge: ({ name }) =>
    name === wire('drop.guarded.example')
      ? 'drop'
      : name === wire('ok.guarded.example')
        ? 'pass'
        : message({ rcode: rcodes.REFUSED }),
};

test('a name of no zone, and of a zone that says nothing, is refused and asked of no server', async (t) => {
  const lab = await startLab(t, {
    plan: (plan) => zonesOf(plan, { 'in.example': {}, 'empty.in.example': { forwards: [] } }),
  });
  assert.equal((await lab.ask('a.in.example')).rcode, rcodes.NOERROR);
  for (const name of ['example', 'xin.example', 'a.empty.in.example'])
    assert.equal((await lab.ask(name, 'tcp')).rcode, rcodes.REFUSED, name);
  assert.equal(lab.upstream.log.length, 1);
});

test('a step asks another question, and its answer is kept under the name that was asked', async (t) => {
  const lab = await startLab(t, { plan: (plan) => zonesOf(plan, { '': { steps: [renames] } }) });
  for (const transport of ['udp', 'tcp'] as const) {
    const { rcode, answer } = await lab.ask('www.example', transport);
    assert.deepEqual(
      [rcode, answer.map(({ name }) => name.toString('latin1'))],
      [rcodes.NOERROR, [wire('www.example')]],
    );
  }
  assert.deepEqual(askedOf(lab), ['other.example']);
});

test('steps that throw, ask for ever or never end come to SERVFAIL', async (t) => {
  const lab = await startLab(t, {
    plan: (plan) =>
      zonesOf(plan, {
        'throws.example': { steps: [throws] },
        'ever.example': { steps: [asksForEver] },
        'never.example': { steps: [never] },
      }),
  });
  const waits = lab.ask('a.never.example');
  assert.equal((await lab.ask('a.ever.example')).rcode, rcodes.SERVFAIL);
  assert.equal((await lab.ask('a.throws.example')).rcode, rcodes.SERVFAIL);
  assert.equal((await waits).rcode, rcodes.SERVFAIL);
  assert.ok(lab.upstream.log.length <= 32, `${lab.upstream.log.length} questions`);
  assert.equal(lab.resolver.counters.events.panics, 1);
  lab.resolver.counters.events.panics = 0; // seen
});

test('a guard answers, is silent or lets pass each query anew', async (t) => {
  const lab = await startLab(t, { plan: (plan) => zonesOf(plan, { '': { guards: [blocks] } }) });
  for (let i = 0; i < 3; i++) {
    assert.equal((await lab.ask('a.guarded.example')).rcode, rcodes.REFUSED);
    assert.equal((await lab.ask('ok.guarded.example')).rcode, rcodes.NOERROR);
  }
  await assert.rejects(lab.ask('drop.guarded.example', 'udp', 200));
  assert.equal(lab.upstream.log.length, 1);
});

test('listeners that answer otherwise share no answers', async (t) => {
  const two = ['127.0.0.1', '127.0.0.2'];
  const lab = await startLab(t, {
    config: { listen: two },
    plan: (plan) => {
      const [first, second] = [zonesOf(plan, { '': {} }), zonesOf(plan, { '': { steps: [renames] } })];
      return { ...plan, listeners: [first.listeners[0]!, second.listeners[1]!] };
    },
  });
  const second = { address: two[1]!, port: lab.endpoint.port };
  for (let i = 0; i < 3; i++) {
    await lab.ask('a.example');
    await askUdp(second, buildQuery({ name: 'a.example' }));
  }
  assert.deepEqual(askedOf(lab).sort(), ['a.example', 'other.example']);
});

test('another plan holds from the next query on, and what stays is not asked again', async (t) => {
  let flags: Plan | undefined;
  const lab = await startLab(t, {
    plan(plan) {
      flags = plan;
      return zonesOf(plan, { 'same.example': {}, 'changed.example': {}, '': {} });
    },
  });
  const names = ['a.same.example', 'a.changed.example', 'a.example', 'a.added.example'];
  for (let i = 0; i < 3; i++) for (const name of names) await lab.ask(name);
  assert.equal(lab.upstream.log.length, 4);
  lab.resolver.setPlan(
    zonesOf(flags!, {
      'same.example': {},
      'changed.example': { steps: [renames] },
      'added.example': { forwards: [] },
      '': {},
    }),
  );
  lab.upstream.log.length = 0;
  for (const name of ['a.same.example', 'a.changed.example', 'a.example'])
    assert.deepEqual(addresses(await lab.ask(name)).length, 1, name);
  assert.equal((await lab.ask('a.added.example')).rcode, rcodes.REFUSED);
  assert.deepEqual(askedOf(lab), ['other.example']);
});

test('what was asked by a plan before is for those who waited for it, and neither joined nor kept', async (t) => {
  let flags: Plan | undefined;
  let answer: ((answer: ReturnType<typeof message>) => void) | undefined;
  const held: Step = {
    name: 'held',
    explain: () => undefined,
    resolve: () => new Promise((resolve) => (answer = resolve)),
  };
  const lab = await startLab(t, {
    plan(plan) {
      flags = plan;
      return zonesOf(plan, { '': { steps: [held] } });
    },
  });
  const waits = lab.ask('a.example');
  while (answer === undefined) await new Promise(setImmediate);
  lab.resolver.setPlan(zonesOf(flags!, { '': {} }));
  assert.equal(addresses(await lab.ask('a.example')).length, 1);
  answer(message({ rcode: rcodes.NXDOMAIN }));
  assert.equal((await waits).rcode, rcodes.NXDOMAIN);
  assert.equal(addresses(await lab.ask('a.example')).length, 1);
  assert.deepEqual(askedOf(lab), ['a.example'], 'what is kept stays');
});

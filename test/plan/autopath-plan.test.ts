// autopath-plan.test — --autopath with a Corefile: which block walks, and who answers the names on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasAutopath, withAutopath } from '../../src/plan/autopath-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { takeSteps } from '../../src/upstream/errand.ts';
import { message } from '../../src/zone/build-message.ts';
import { nameText } from '../../src/zone/wire-name.ts';
import { read } from '../corefile/reading.ts';
import { question } from '../lab/question.ts';

const cluster = `cluster.local in-addr.arpa {
    bind 127.0.0.1 127.0.0.2
    hosts {
        10.0.0.9 www.example.org
        10.0.0.1 a.b.cluster.local
        fallthrough
    }
    forward . 192.0.2.10
}
`;
const others = `. {
    bind 127.0.0.1 127.0.0.2
    hosts {
        10.0.0.2 www.example.org
        fallthrough
    }
    forward . 192.0.2.53
}
`;

function planned(text: string): Plan {
  return withAutopath(read(text).plan, 'cluster.local', ['corp.example']);
}

async function outcome(plan: Plan, name: string) {
  const { block } = plan.listeners[0]!.zones[0]!;
  const asked: string[] = [];
  const { answer } = await takeSteps(block.steps, question(name), async ({ name }) => {
    asked.push(nameText(name));
    return message({ rcode: 3 });
  });
  return { asked, addresses: answer.map(({ data }) => data.join('.')).slice(1) };
}

test('the block of the cluster walks; other names are answered as by the block for all', async () => {
  const plan = planned(cluster + others);
  const [pods, reverse, root] = plan.listeners[0]!.zones.map(({ block }) => block);
  assert.equal(plan.listeners[1]!.zones, plan.listeners[0]!.zones, 'one audience');
  assert.deepEqual(
    pods!.forwards.map(({ from, servers }) => [from, servers[0]!.endpoint.address]),
    [
      ['cluster.local', '192.0.2.10'],
      ['', '192.0.2.53'],
    ],
  );
  assert.deepEqual(
    [reverse, root].map((block) => block!.steps.map(({ name }) => name)),
    [['hosts'], ['hosts']],
  );
  assert.notEqual(pods!.identity, reverse!.identity);
  assert.deepEqual(await outcome(plan, 'www.example.org.team.svc.cluster.local'), {
    asked: [
      'www.example.org.team.svc.cluster.local.',
      'www.example.org.svc.cluster.local.',
      'www.example.org.cluster.local.',
      'www.example.org.corp.example.',
    ],
    addresses: ['10.0.0.2'],
  });
  assert.deepEqual((await outcome(plan, 'a.b.team.svc.cluster.local')).addresses, ['10.0.0.1']);
});

for (const [what, text, has] of [
  ['no block for all names', cluster, false],
  ['none for the cluster', others, false],
  [
    'one that walks already',
    cluster.replace('    forward', '    autopath @kubernetes\n    forward') + others,
    true,
  ],
] as const)
  test(`with ${what} it stays as it is`, () => {
    const { plan } = read(text, { files: { '/etc/resolv.conf': '' } });
    const changed = withAutopath(plan, 'cluster.local', []);
    assert.deepEqual(
      changed.listeners.map(({ zones }) => zones),
      plan.listeners.map(({ zones }) => zones),
    );
    assert.equal(hasAutopath(changed), has);
  });

// query-log.test — each query of a logged zone is one line, whatever it came to and however it was answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../src/log/log.ts';
import type { LogPlan, ReplyClass } from '../../src/plan/log-plan.ts';
import { message } from '../../src/zone/build-message.ts';
import type { Guard } from '../../src/zone/guard.ts';
import { wire } from '../lab/question.ts';
import { startLab } from '../lab/resolver.ts';
import { buildQuery, rcodes, types } from '../lab/wire.ts';

const all: readonly ReplyClass[] = ['success', 'denial', 'error'];

const guard: Guard = {
  name: 'guard',
  explain: () => undefined,
  judge: ({ name }) =>
    name === wire('drop.example')
      ? 'drop'
      : name === wire('no.example')
        ? message({ rcode: rcodes.REFUSED })
        : 'pass',
};

function recorder() {
  const lines: string[] = [];
  const quiet = () => {};
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, line: (text) => lines.push(text) };
  return { log, lines };
}

function logged(classes = all, format = '{name} {type} {proto} {remote} {rcode} {>rflags}'): LogPlan {
  return { queries: [{ zones: ['example'], classes, format }], errors: undefined };
}

async function startLogged(t: Parameters<typeof startLab>[0], log: LogPlan) {
  const { log: written, lines } = recorder();
  const lab = await startLab(t, {
    log: written,
    plan: (plan) => ({
      ...plan,
      listeners: plan.listeners.map(({ at, zones }) => ({
        at,
        zones: zones.map(({ suffix, block }) => ({ suffix, block: { ...block, log, guards: [guard] } })),
      })),
    }),
  });
  return { lab, lines };
}

for (const transport of ['udp', 'tcp'] as const)
  test(`over ${transport}: a miss, a hit, and what a guard answers`, async (t) => {
    const { lab, lines } = await startLogged(t, logged());
    const shown = (name: string, rcode: string) => `${name} A ${transport} 127.0.0.1 ${rcode} qr,rd,ra`;
    for (let i = 0; i < 2; i++) await lab.ask('A.example', transport);
    await lab.ask('no.example', transport);
    await lab.ask('a.other', transport);
    assert.deepEqual(lines, [
      shown('a.example.', 'NOERROR'),
      shown('a.example.', 'NOERROR'),
      shown('no.example.', 'REFUSED'),
    ]);
  });

test('a query that gets silence is told without a reply', async (t) => {
  const { lab, lines } = await startLogged(t, logged(['error'], '{name} {rcode} {rsize}'));
  const client = await lab.udp();
  client.send(buildQuery({ name: 'drop.example' }));
  await lab.ask('no.example');
  assert.deepEqual(
    lines.map((line) => line.replace(/ \d+$/, '')),
    ['drop.example. - -', 'no.example. REFUSED'],
  );
});

test('only the classes that are asked for', async (t) => {
  const { lab, lines } = await startLogged(t, logged(['error'], '{name}'));
  await lab.ask({ name: 'a.example', type: types.AAAA });
  await lab.ask('no.example');
  assert.deepEqual(lines, ['no.example.']);
});

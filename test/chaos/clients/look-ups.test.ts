// look-ups.test — what client libraries said is counted: right, failed, wrong, late.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, faultOf, type Setting } from '../../../chaos/clients/client.ts';
import { LookUps } from '../../../chaos/clients/look-ups.ts';
import { addressOf, kinds } from '../../../chaos/load/catalogue.ts';
import { Chance } from '../../../chaos/load/chance.ts';
import { nameFromText } from '../../../chaos/load/wire.ts';

const plain: Setting = { library: 'glibc', how: 'as it is' };
const inPod: Setting = { library: 'musl', how: 'as in a pod', search: 'default.example', small: true };

/** What the upstream says about a name. */
function right(name: string): string[] {
  const wire = nameFromText(name);
  const { records } = kinds[name.split('-')[0] as keyof typeof kinds];
  return Array.from({ length: records }, (_, n) => {
    const address = addressOf(wire, 0, wire.length, n);
    return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
  });
}

test('what was found is right when it is all that there is, under the name that was asked', () => {
  assert.equal(faultOf(plain, 'miss-1', 'example', right('miss-1.example').reverse()), undefined);
  assert.equal(faultOf(inPod, 'hit-1', 'example', right('hit-1.default.example')), undefined);
  assert.equal(faultOf(plain, 'none-1', 'example', 'none'), undefined);
  assert.match(faultOf(plain, 'hit-1', 'example', 'none')!, /none/);
  assert.match(faultOf(plain, 'miss-1', 'example', right('miss-1.example').slice(1))!, /1 of 2/);
  assert.match(faultOf(plain, 'hit-1', 'example', right('hit-1.default.example'))!, /another name/);
});

/** A library that answers at once, and wrongly where it is told to. */
function client(setting: Setting, answer: (name: string) => readonly string[] | string): Client {
  const lookUp = async (label: string, zone: string) => answer(`${label}.${setting.search ?? zone}`);
  return { setting, name: `${setting.library}, ${setting.how}`, lookUp, close() {} } as unknown as Client;
}

const honest = (name: string) => (name.startsWith('none') ? 'none' : right(name));

async function count(clients: readonly Client[]) {
  const notes: string[] = [];
  const lookUps = new LookUps(clients, new Chance(1), (note) => notes.push(note));
  await new Promise((resolve) => setTimeout(resolve, 60));
  return { account: await lookUps.finish(), notes };
}

test('an honest library has failed at nothing', async () => {
  const { account, notes } = await count([client(plain, honest), client(inPod, honest)]);
  assert.ok(account.sent > 2);
  assert.deepEqual([account.once, account.wrong, account.never, account.late], [account.sent, 0, 0, 0]);
  assert.match(notes[0]!, /glibc, as it is: \d+ look-ups, 0 failed/);
});

test('failures and wrong addresses are told apart, and told', async () => {
  const { account, notes } = await count([
    client(plain, () => 'EAI_AGAIN'),
    client(inPod, (name) => (name.startsWith('none') ? 'none' : ['192.0.2.1'])),
  ]);
  assert.ok(account.never > 0 && account.wrong > 0);
  assert.equal(account.once + account.never + account.wrong, account.sent);
  assert.ok(notes.some((note) => note.includes('EAI_AGAIN')));
});

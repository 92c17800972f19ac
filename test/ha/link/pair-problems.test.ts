// pair-problems.test — each problem is warned of once, again each minute while it lasts, and told to be over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesText, PairProblems, settingsText } from '../../../ha/link/pair-problems.ts';
import { settingsOf } from '../../../ha/link/settings.ts';
import { READ_BY_BOTH, REMINDED, UNMET } from '../../../ha/timing.ts';
import { claimSlot } from '../../../src/options/slot.ts';
import { endpointsAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { labConfig, silentLog } from '../../lab/resolver.ts';

test('a problem is warned of once, again when it has lasted a minute or is another, and told to be over', async () => {
  const config = { ...labConfig, port: await freePort() };
  const said: string[] = [];
  let now = 5;
  const log = { warn: (text: string) => void said.push(text), info: (text: string) => void said.push(text) };
  const problems = new PairProblems(config, log, () => now);
  problems.see('channel', undefined);
  for (; now < 5 + REMINDED; now += 1000) problems.see('addresses', 'one');
  assert.deepEqual(said, ['one']);
  problems.see('addresses', 'one');
  problems.see('addresses', 'two');
  problems.see('slot', 'three');
  assert.deepEqual(said, ['one', 'one', 'two', 'three']);
  assert.deepEqual(problems.all, [
    { problem: 'addresses', text: 'two' },
    { problem: 'slot', text: 'three' },
  ]);
  problems.see('addresses', undefined);
  problems.see('addresses', undefined);
  assert.deepEqual(said.slice(4), ['this is over']);
  assert.equal(problems.all.length, 1);
});

test('both sets of addresses are named, and the flags that differ; what is the same is no problem', () => {
  const at = (...addresses: string[]) => endpointsAt(addresses, 53);
  assert.match(addressesText(at('b', 'a'), at('a', 'c'), 53)!, /a,b here and a,c there/);
  assert.equal(addressesText(at('b', 'a'), at('a', 'b'), 53), undefined);
  assert.match(
    addressesText([...at('a'), { address: 'b', port: 1053 }], at('a'), 53)!,
    /a,b:1053 here and a there/,
  );
  assert.match(settingsText(['--cluster-dns'])!, /--cluster-dns/);
  assert.equal(settingsText([]), undefined);
});

test('a process that waits for the slot of this one is a problem once that has lasted', async (t) => {
  const config = { ...labConfig, port: await freePort() };
  let now = 0;
  const problems = new PairProblems(config, silentLog, () => now);
  const [ours, third] = [claimSlot(config, 'primary'), claimSlot(config, 'primary')];
  t.after(() => ours.release());
  const kinds = () => {
    problems.look([], undefined, undefined);
    return problems.all.map(({ problem }) => problem);
  };
  assert.deepEqual(kinds(), []);
  now += UNMET;
  assert.deepEqual(kinds(), ['slot']);
  third.release();
  assert.deepEqual(kinds(), []);
});

test('what the twin was told is compared, and kept while it is away', () => {
  const problems = new PairProblems(labConfig, silentLog, () => 0);
  const twin = {
    wanted: endpointsAt(['127.0.0.1', '127.0.0.2'], 0),
    settings: { '--cluster-domain': '01234567' },
    answersAlike: true,
  };
  for (const peer of [twin, undefined]) {
    problems.look(labConfig.listeners, peer, undefined);
    assert.deepEqual(
      problems.all.map(({ problem }) => problem),
      ['addresses', 'settings'],
    );
  }
  problems.look(
    labConfig.listeners,
    { wanted: labConfig.listeners, settings: {}, answersAlike: true },
    undefined,
  );
  assert.deepEqual(problems.all, []);
});

test('a twin with another Corefile does not answer as we do, until it has the same', () => {
  const problems = new PairProblems(labConfig, silentLog, () => 0);
  const peer = { wanted: labConfig.listeners, settings: settingsOf(labConfig, 'theirs'), answersAlike: true };
  problems.look(labConfig.listeners, peer, undefined, 'ours');
  assert.equal(peer.answersAlike, false);
  assert.match(problems.all.map(({ text }) => text).join(), /the twin has another configuration/);
  problems.look(labConfig.listeners, peer, undefined, 'theirs');
  assert.deepEqual([peer.answersAlike, problems.all], [true, []]);
});

test('addresses of a Corefile differ until both have read it: that is no problem before it has lasted', () => {
  const config = { ...labConfig, corefile: '/etc/coredns/Corefile' };
  let now = 0;
  const problems = new PairProblems(config, silentLog, () => now);
  const look = (...addresses: string[]) => {
    const peer = { wanted: endpointsAt(addresses, 53), settings: undefined, answersAlike: true };
    problems.look(endpointsAt(['127.0.0.1'], 53), peer, undefined);
    return problems.all.map(({ text }) => text);
  };
  assert.deepEqual(look('127.0.0.1', '127.0.0.2'), []);
  now = READ_BY_BOTH - 1;
  assert.deepEqual(look('127.0.0.1', '127.0.0.2'), []);
  assert.deepEqual(look('127.0.0.1'), []);
  now = READ_BY_BOTH;
  assert.deepEqual(look('127.0.0.2'), [], 'it differs anew');
  now = 2 * READ_BY_BOTH;
  assert.match(look('127.0.0.2').join(), /the twin serves other addresses: where the Corefile listens/);
});

test('a newcomer with other settings is not ready for a minute; the instance that was there before stays ready', () => {
  let now = 1_000_000;
  const others = { ...settingsOf(labConfig), '--cluster-domain': '01234567' };
  const twin = { wanted: labConfig.listeners, settings: others, answersAlike: true };
  const old = new PairProblems(labConfig, silentLog, () => now);
  now += 60_000;
  const newcomer = new PairProblems(labConfig, silentLog, () => now);
  for (const problems of [newcomer, old]) problems.look(labConfig.listeners, twin, undefined);
  assert.deepEqual(newcomer.settingsMatch, {
    ...{ 'cluster-domain': false, 'cluster-dns': true, upstream: true, 'cache-ttl': true, corefile: true },
  });
  assert.match(
    newcomer.pending!,
    /not ready for its first 60 s: the twin has other values of --cluster-domain/,
  );
  assert.equal(old.pending, undefined);
  now += 30_000;
  for (const problems of [newcomer, old]) problems.look(labConfig.listeners, twin, undefined);
  assert.notEqual(newcomer.pending, undefined);
  now += 31_000;
  assert.equal(newcomer.pending, undefined, 'a roll-out of other settings goes on');
});

test('a newcomer that has what its twin has is ready at once, and so when the twin is told the same', () => {
  let now = 1_000_000;
  const twin = { wanted: labConfig.listeners, settings: settingsOf(labConfig), answersAlike: true };
  const problems = new PairProblems(labConfig, silentLog, () => now);
  problems.look(labConfig.listeners, twin, undefined);
  assert.equal(problems.pending, undefined);
  problems.look(labConfig.listeners, { ...twin, settings: { '--cache-ttl': '01234567' } }, undefined);
  assert.notEqual(problems.pending, undefined);
  now += 1000;
  problems.look(labConfig.listeners, twin, undefined);
  assert.equal(problems.pending, undefined);
});

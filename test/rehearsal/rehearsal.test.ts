// rehearsal.test — every question of a rehearsal is answered, nobody outside is asked, and nothing of it stays.

import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { bindUdp, close, describe } from 'node-reuseport';
import { QUESTIONS, rehearse, type Stand } from '../../src/rehearsal/rehearsal.ts';
import { labConfig } from '../lab/resolver.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { plain } from '../lab/scripts.ts';

const ADDRESS = '127.0.0.1';
const served = () => true;

test('all questions are answered, and the upstreams of the service hear of none', async (t) => {
  const upstream = await ScriptedUpstream.start(plain);
  t.after(() => upstream.stop());
  const servers = [upstream.endpoint];
  const before = sockets();
  assert.equal(await rehearse({ ...labConfig, upstreams: servers, clusterDns: servers }, served), QUESTIONS);
  assert.deepEqual(sockets(), before);
  assert.deepEqual(upstream.log, []);
});

test('it ends, and leaves nothing open, when no answer comes', async () => {
  const before = sockets();
  const answers = await rehearse(labConfig, served, () => mute());
  assert.ok(answers < QUESTIONS, `${answers} answers without an upstream`);
  assert.deepEqual(sockets(), before);
});

test('it ends as soon as nobody else serves', async () => {
  const before = sockets();
  let looks = 0;
  const answers = await rehearse(labConfig, () => looks++ < 3);
  assert.ok(answers > 0 && answers < QUESTIONS / 2, `${answers} answers`);
  assert.equal(looks, 4);
  assert.deepEqual(sockets(), before);
});

test('it leaves nothing open when it cannot begin', async () => {
  const before = sockets();
  const denied = new Error('no descriptor is left');
  const opening = rehearse(labConfig, served, () => {
    throw denied;
  });
  await assert.rejects(opening, denied);
  assert.deepEqual(sockets(), before);
});

/** Takes questions and says nothing. */
function mute(): Stand {
  const fd = bindUdp({ address: ADDRESS, port: 0 });
  return { endpoint: { address: ADDRESS, port: describe(fd).port }, close: () => close(fd) };
}

/** The sockets of this process. */
function sockets(): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the one by which the directory was read
    }
  });
  return links.filter((link) => link.startsWith('socket:')).sort();
}

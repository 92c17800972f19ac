// shared-cache.test — two instances, one cache: what one was asked is a hit at the other, and a newcomer is never cold.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from '../../chaos/load.ts';
import type { Slot } from '../../src/config.ts';
import { freePort } from '../lab/free-port.ts';
import { type Instance, startInstance } from '../lab/instance.ts';
import { nameText } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { replying } from '../lab/scripts.ts';

/** As the first answer's own test has it: the machine may be busy. */
const generousMs = 3000;

interface Setting {
  start(slot: Slot): Promise<Instance>;
  /** Asks for the names numbered from `first` on, each once, at least `count`; all must be answered. Returns how many. */
  ask(first: number, count: number): Promise<number>;
  /** How often the upstream was asked for each name it was asked for. */
  asked(): ReadonlyMap<string, number>;
  /** Resolves when an instance has that many answers in its cache. */
  holds(instance: Instance, entries: number): Promise<void>;
}

async function setUp(t: TestContext): Promise<Setting> {
  const upstream = await ScriptedUpstream.start(replying({ answer: [a('192.0.2.1', { ttl: 3600 })] }));
  t.after(() => upstream.stop());
  const port = await freePort();
  const flags = [`--port=${port}`, `--upstream=127.0.0.1:${upstream.endpoint.port}`, '--cache-ttl=1h'];
  return {
    start: (slot) => startInstance(t, [...flags, `--slot=${slot}`]),
    async ask(first, count) {
      let asked = 0;
      const name = (n: number) => {
        asked = n + 1;
        return `n${first + n}.example`;
      };
      const load = new Load({ target: { address: '127.0.0.1', port }, rate: 5000, ports: 32, name });
      while (asked < count) await pause(5);
      const { never } = await load.finish();
      assert.equal(never, 0);
      return asked;
    },
    asked() {
      const times = new Map<string, number>();
      for (const { name } of upstream.log.filter((query) => query.name.length > 1)) {
        const text = nameText(name);
        times.set(text, (times.get(text) ?? 0) + 1);
      }
      return times;
    },
    async holds(instance, entries) {
      for (let waited = 0; ; waited += 20) {
        const { success } = (await instance.status()).cache.entries;
        if (success >= entries) return;
        assert.ok(waited < 10_000, `${success} of ${entries} entries after 10 s`);
        await pause(20);
      }
    },
  };
}

async function end({ program }: Instance, signal: NodeJS.Signals): Promise<void> {
  const exit = once(program.child, 'exit');
  program.child.kill(signal);
  await exit;
}

/** Every name was asked for upstream, and hardly any twice: a busy upstream may be asked again before it answers. */
function assertOnce(asked: ReadonlyMap<string, number>, names: number): void {
  assert.equal(asked.size, names);
  const twice = [...asked.values()].filter((times) => times > 1).length;
  assert.ok(twice < names / 100, `${twice} of ${names} were asked for twice`);
}

test('what one instance was asked is a hit at the other', async (t) => {
  const { start, ask, asked, holds } = await setUp(t);
  const [primary, secondary] = [await start('primary'), await start('secondary')];
  const names = await ask(0, 3000);
  for (const instance of [primary, secondary]) await holds(instance, names);
  await end(primary, 'SIGKILL');
  const again = await ask(0, names - 100);
  assertOnce(asked(), Math.max(names, again));
});

test('a newcomer serves at once, and soon has the whole cache of its twin', async (t) => {
  const { start, ask, asked, holds } = await setUp(t);
  const primary = await start('primary');
  const names = await ask(0, 20_000);
  const secondary = await start('secondary');
  const { ms } = JSON.parse(secondary.program.said.split('\n').find((line) => line.includes('"listening"'))!);
  const listening = performance.now();
  await holds(secondary, names);
  t.diagnostic(`${ms} ms to serve, ${Math.round(performance.now() - listening)} ms more to ${names} names`);
  assert.ok(ms < generousMs, `${ms} ms`);
  await end(primary, 'SIGTERM');
  const again = await ask(0, names - 100);
  assertOnce(asked(), Math.max(names, again));
});

test('a stopped twin holds nobody up, and learns what it missed when it runs again', async (t) => {
  const { start, ask, holds } = await setUp(t);
  const [primary, secondary] = [await start('primary'), await start('secondary')];
  secondary.program.child.kill('SIGSTOP');
  const missed = await ask(0, 10_000);
  secondary.program.child.kill('SIGCONT');
  const names = missed + (await ask(missed, 500));
  for (const instance of [primary, secondary]) await holds(instance, names);
});

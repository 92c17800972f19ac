// reconciler.test — a start and a repair are told apart, and a repair names what was missing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodePart, Observation } from '../../../ha/node/node-part.ts';
import { Reconciler } from '../../../ha/node/reconciler.ts';
import { createLog } from '../../../src/log/log.ts';

/** Rules of which some are missing, and some are too many. */
class Rules implements NodePart {
  readonly name = 'rules';
  readonly stays = true;
  readonly wanted = Array.from({ length: 8 }, (_, i) => `rule ${i}`);
  readonly descriptors = [];
  plan: string[] = [];

  async observe(): Promise<Observation> {
    return { wanted: this.wanted, found: [], plan: this.plan };
  }

  async apply(): Promise<void> {
    this.plan = [];
  }

  async remove(): Promise<readonly string[]> {
    return [];
  }

  release(): void {}
}

function start() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLog({ level: 'info', format: 'json', write, now: () => 0 });
  const rules = new Rules();
  const reconciler = new Reconciler(log, 60_000, () => {});
  const bring = async (...plan: string[]) => {
    rules.plan = plan;
    await reconciler.reconcile(rules);
    const { time: _, ...line } = lines.pop() ?? {};
    return line;
  };
  return { rules, reconciler, bring };
}

test('the first time is a start, later it is a repair of what something else did', async () => {
  const { rules, reconciler, bring } = start();
  assert.equal(reconciler.hasSettled(rules), false);
  assert.deepEqual(await bring('+ rule 1', '- rule 9'), {
    level: 'info',
    made: 1,
    removed: 1,
    msg: 'rules brought to what is wanted',
  });
  assert.equal(reconciler.hasSettled(rules), true);
  assert.deepEqual(await bring(), {}, 'all is well');
  assert.deepEqual(await bring('- rule 9', '+ rule 1'), {
    level: 'warn',
    missing: ['rule 1'],
    unwanted: ['rule 9'],
    msg: 'something else changed the rules; they are as wanted again',
  });
});

test('what is wanted otherwise from now on is no repair, once', async () => {
  const { reconciler, bring } = start();
  await bring('+ rule 1');
  reconciler.expectChange();
  assert.equal((await bring('+ rule 2')).level, 'info');
  assert.equal((await bring('+ rule 2')).level, 'warn');
  reconciler.expectChange();
  await bring();
  assert.equal((await bring('+ rule 2')).level, 'warn');
});

test('of a long list the first five are named', async () => {
  const { rules, bring } = start();
  await bring();
  assert.deepEqual(await bring(...rules.wanted.map((line) => `+ ${line}`)), {
    level: 'warn',
    missing: rules.wanted.slice(0, 5),
    more: 3,
    msg: 'something else changed the rules; they are as wanted again',
  });
});

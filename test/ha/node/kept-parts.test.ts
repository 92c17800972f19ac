// kept-parts.test — whatever comes in whatever order, the parts that are kept are those received last, and none is left open.

import assert from 'node:assert/strict';
import { fstatSync, openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { KeptParts } from '../../../ha/node/kept-parts.ts';
import { NodeError } from '../../../ha/node/node-part.ts';
import { Reconciler } from '../../../ha/node/reconciler.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';
import { createLog } from '../../../src/log/log.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { PretendedPart, type Story } from '../../lab/pretended-part.ts';

const wanted: WantedState = {
  interface: { name: 'nodelocaldns', type: 'tun' },
  rules: 'none',
  addresses: ['169.254.20.10'],
  port: 53,
  healthPorts: [],
  keep: false,
};

/** With interfaces that only pretend, the last of them last; `meanwhile` is called while one is made. */
function start(t: TestContext, { mayChange = true, withRules = false, meanwhile = () => {} } = {}) {
  const failures: Story['failures'] = {};
  const [happened, made, watches]: [string[], PretendedPart[], Set<object>] = [[], [], new Set()];
  const hooks = { meanwhile };
  const said = { level: 'error', format: 'text', always: {}, colour: false } as const;
  const log = createLog({ ...said, write: () => {}, now: Date.now });
  const loop = new EventLoop((error) => assert.fail(String(error)));
  t.after(() => loop.close());
  const watch = () => {
    const one = {};
    watches.add(one);
    return () => void watches.delete(one);
  };
  const reconciler = new Reconciler(log, 60_000, () => {});
  const parts = new KeptParts(log, loop, reconciler, async (wanted, { interface: fd } = {}) => {
    made.push(new PretendedPart('interface', fd, { happened, failures }));
    hooks.meanwhile();
    const rules = withRules ? [new PretendedPart('rules', undefined, { happened, failures })] : [];
    return { wanted, mayChange, watch, all: [...made.slice(-1), ...rules] };
  });
  const observed = async () => {
    while (!happened.includes('make interface')) await new Promise((resolve) => setImmediate(resolve));
  };
  return { parts, made, happened, failures, watches, hooks, observed };
}

test('nothing is kept before there is something, and rest and release may come at any time', async (t) => {
  const { parts, happened, watches } = start(t);
  parts.keep();
  await parts.rest();
  parts.release();
  await parts.remove(0);
  await parts.makeInterface();
  assert.deepEqual([parts.wanted, parts.shared, happened, watches.size], [undefined, [], [], 0]);
});

test('parts received while others begin to be kept are kept instead, and what they replace is let go', async (t) => {
  const { parts, made, watches, hooks, observed } = start(t);
  const [first, second] = [open(), open()];
  await parts.receive(wanted, [['interface', first]]);
  hooks.meanwhile = () => parts.keep();
  await parts.receive({ ...wanted, port: 54 }, [['interface', second]]);
  assert.deepEqual([parts.wanted?.port, parts.shared], [54, [['interface', second]]]);
  await observed();
  assert.deepEqual([made[0]!.made, made[1]!.made, watches.size], [false, true, 1]);
  assert.deepEqual([first, second].map(isOpen), [false, true]);
  await parts.rest();
  assert.equal(watches.size, 0);
  parts.release();
  assert.deepEqual([isOpen(second), parts.wanted], [false, undefined]);
});

test('removed, they are no longer handed on, and what lives by descriptors is removed by closing them', async (t) => {
  for (const mayChange of [true, false]) {
    const { parts, happened } = start(t, { mayChange });
    const fd = open();
    await parts.receive(wanted, [['interface', fd]]);
    const removed = parts.remove(0);
    assert.deepEqual(parts.shared, []);
    await removed;
    assert.deepEqual(happened, mayChange ? ['remove interface'] : []);
    assert.equal(isOpen(fd), false);
  }
});

test('rules that cannot be removed keep the interface, and the error says what is left', async (t) => {
  const { parts, happened, failures } = start(t, { withRules: true });
  await parts.adopt(wanted);
  failures['remove rules'] = [new NodeError('iptables', 'why not.')];
  await assert.rejects(parts.remove(0), {
    name: 'NodeError',
    message: /^rules left behind.*clean.*why not\.$/,
  });
  assert.deepEqual([happened, parts.wanted], [[], undefined]);
  await parts.adopt(wanted);
  await parts.remove(0);
  assert.deepEqual(happened, ['remove rules', 'remove interface']);
});

test('a leader that may change nothing is refused when it adopts its wanted state', async (t) => {
  await assert.rejects(start(t, { mayChange: false }).parts.adopt(wanted), {
    code: 'NODE_REFUSED',
    message: /NET_ADMIN/,
  });
});

test('another wanted state takes the place of the one that is kept, with its descriptors, and of none where there is none', async (t) => {
  const { parts, made, watches, observed } = start(t);
  await parts.change({ ...wanted, port: 54 });
  assert.equal(parts.wanted, undefined, 'a bystander keeps nothing');
  const fd = open();
  await parts.receive({ ...wanted, keep: true }, [['interface', fd]]);
  parts.keep();
  const further = [{ address: '169.254.20.10', port: 1053 }];
  await parts.change({ ...wanted, further });
  assert.deepEqual([parts.wanted, parts.shared], [{ ...wanted, further, keep: true }, [['interface', fd]]]);
  await observed();
  assert.deepEqual([made.map((part) => part.made), watches.size, isOpen(fd)], [[false, true], 1, true]);
  await parts.change({ ...wanted, further });
  assert.equal(made.length, 2, 'what is the same is made no second time');
  await parts.rest();
  parts.release();
});

// ---------------------------------------------------------------------------------------------------------------------

function open(): number {
  return openSync('/dev/null', 'r');
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

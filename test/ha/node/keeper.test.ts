// keeper.test — when the interface and the rules are made, handed over and removed, with parts and twins that only pretend.

import assert from 'node:assert/strict';
import { fstatSync, openSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import type { Member } from '../../../ha/node/election.ts';
import type { ElectionMessage } from '../../../ha/node/election-message.ts';
import { Keeper } from '../../../ha/node/keeper.ts';
import { NodeError } from '../../../ha/node/node-part.ts';
import type { Handed } from '../../../ha/node/parts.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';
import type { Config } from '../../../src/config.ts';
import { createLog } from '../../../src/log/log.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { PretendedPart } from '../../lab/pretended-part.ts';

/** What happened, in order. */
let happened: string[];
let failures: Record<string, NodeError[]>;
let loop: EventLoop;
let keepers: Keeper[];

beforeEach(() => {
  happened = [];
  failures = {};
  keepers = [];
  loop = new EventLoop((error) => assert.fail(String(error)));
});
afterEach(async () => {
  for (const keeper of keepers) await keeper.stop();
  loop.close();
});

interface Told extends ElectionMessage {
  readonly descriptors: readonly number[];
}

function startKeeper(change: Partial<Config>, peers: Member[], instance = 'a', mayChange = true) {
  const config = {
    ...{ listen: ['169.254.20.10'], port: 53 },
    listeners: [{ address: '169.254.20.10', port: 53 }],
    slot: instance === 'a' ? 'primary' : 'secondary',
    admin: { address: '127.0.0.1', port: 9253 },
    leader: true,
    keepInterface: false,
    interface: { name: 'nodelocaldns', type: 'tun' },
    rules: 'nftables',
    syncInterval: 60_000,
    drainTimeout: 5000,
    ...change,
  } as Config;
  const told: Told[] = [];
  const handed: Handed[] = [];
  const wants: WantedState[] = [];
  const errors: string[] = [];
  const log = createLog({
    level: 'error',
    format: 'text',
    write: (line) => void errors.push(line),
    now: Date.now,
    always: {},
    colour: false,
  });
  const company = {
    peers: () => peers,
    tell: (_: Member, message: ElectionMessage, descriptors: readonly number[]) =>
      void told.push({ ...message, descriptors }),
  };
  const keeper = new Keeper(config, instance, log, loop, company, async (wanted: WantedState, given = {}) => {
    handed.push(given);
    wants.push(wanted);
    const story = { happened, failures };
    const failure = failures.parts?.shift();
    if (failure !== undefined) throw failure;
    const all = [
      new PretendedPart('interface', given.interface, story),
      new PretendedPart('rules', given.rules, story),
    ];
    return { wanted, mayChange, watch: () => () => {}, all };
  });
  keepers.push(keeper);
  return { keeper, told, handed, wants, errors };
}

/** As far as the sockets, with nothing to be waited for. */
async function begin(keeper: Keeper): Promise<void> {
  await keeper.adopt();
  await keeper.prepare();
}

const twin = (change: Partial<Member> = {}): Member => ({
  instance: 'b',
  slot: 'secondary',
  leaving: false,
  silentFor: 0,
  ...change,
});
const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'tun' },
  rules: 'nftables',
  addresses: ['169.254.20.10'],
  port: 53,
  healthPorts: [],
  keep: false,
};
const acts: ElectionMessage = { leader: true, acting: true, informed: true, holding: wantedState, parts: [] };

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('a leader makes the interface before it serves and the rules once it does; both go in the other order', async () => {
  const { keeper } = startKeeper({}, []);
  await begin(keeper);
  assert.deepEqual(happened, ['make interface']);
  keeper.serving();
  await until(() => happened.length === 2);
  keeper.leave();
  await keeper.stop();
  assert.deepEqual(happened, ['make interface', 'make rules', 'remove rules', 'remove interface']);
});

test('what is to stay is not removed, and a bystander makes nothing', async () => {
  for (const [change, expected] of [
    [{ keepInterface: true }, ['make interface', 'make rules']],
    [{ leader: false }, []],
  ] as const) {
    happened = [];
    const { keeper } = startKeeper(change, []);
    await begin(keeper);
    keeper.serving();
    await until(() => happened.length >= expected.length);
    await keeper.stop();
    assert.deepEqual(happened, expected);
  }
});

test('an interface that cannot be made ends the start with its reason; one that cannot yet is tried again', async () => {
  failures.interface = [new NodeError('interface_add', 'it is taken')];
  await assert.rejects(begin(startKeeper({}, []).keeper), {
    code: 'NODE_REFUSED',
    message: 'it is taken',
  });
  failures.interface = [new NodeError('iptables_lock', 'later', { passing: true })];
  const { keeper } = startKeeper({}, []);
  await begin(keeper);
  keeper.serving();
  await until(() => happened.length === 2);
  assert.equal(keeper.status().errors.iptables_lock, 1);
});

test('rules that a lock holds up are made when it is free, and counted', async () => {
  failures.rules = [0, 1].map(() => new NodeError('iptables_lock', 'held', { passing: true }));
  const { keeper } = startKeeper({}, []);
  await begin(keeper);
  keeper.serving();
  await until(() => happened.includes('make rules'));
  assert.equal(keeper.status().errors.iptables_lock, 2);
});

test('a twin that was told takes over when the leader goes, and gives it back when one comes', async () => {
  const leader = twin({ instance: 'a', slot: 'primary' });
  const peers = [leader];
  const { keeper, told } = startKeeper({ leader: false }, peers, 'b');
  await begin(keeper);
  keeper.serving();
  keeper.told(leader, acts, []);
  await until(() => told.length === 1);
  assert.deepEqual([told[0]!.informed, told[0]!.acting], [true, false]);
  peers.pop();
  keeper.changed();
  await until(() => happened.length === 2);
  assert.equal(keeper.status().acting, true);
  const next = twin({ instance: 'c', slot: 'primary' });
  peers.push(next);
  keeper.met(next);
  assert.deepEqual([told.at(-1)!.acting, told.at(-1)!.holding], [true, wantedState]);
  keeper.told(next, { ...acts, acting: false, holding: null }, []);
  await until(() => !keeper.status().acting);
  await keeper.stop();
  assert.deepEqual(happened, ['make interface', 'make rules']);
});

test('it takes over from a leader that hangs, and from one that leaves', async () => {
  for (const trouble of [{ silentFor: 10_000 }, { leaving: true }]) {
    const leader = twin({ instance: 'a', slot: 'primary' });
    const { keeper, told } = startKeeper({ leader: false }, [leader], 'b');
    await begin(keeper);
    keeper.serving();
    keeper.told(leader, acts, []);
    await until(() => told.length === 1);
    Object.assign(leader, trouble);
    keeper.changed();
    assert.equal(keeper.status().acting, true);
  }
});

test('a leader that comes back goes on with the descriptors of the twin, and closes those it has no use for', async () => {
  const [tun, rules, useless] = [0, 1, 2].map(() => openSync('/dev/null', 'r')) as [number, number, number];
  const deputy = twin();
  const { keeper, handed } = startKeeper({}, [deputy]);
  keeper.told(deputy, { ...acts, leader: false, parts: ['interface', 'rules'] }, [tun, rules]);
  await begin(keeper);
  assert.deepEqual(handed, [{ interface: tun, rules }]);
  keeper.serving();
  keeper.told(deputy, { ...acts, leader: false, parts: ['interface'] }, [useless]);
  await until(() => isClosed(useless));
  await keeper.stop();
  assert.ok(isClosed(tun) && isClosed(rules));
});

test('what cannot be taken in ends no process: its descriptors are closed, and the next message is taken in', async () => {
  const [unused, tun] = [0, 1].map(() => openSync('/dev/null', 'r')) as [number, number];
  const leader = twin({ instance: 'a', slot: 'primary' });
  const { keeper, told, handed } = startKeeper({ leader: false }, [leader], 'b');
  await begin(keeper);
  keeper.serving();
  failures.parts = [new NodeError('iptables', 'no such socket')];
  keeper.told(leader, { ...acts, parts: ['interface'] }, [unused]);
  await until(() => isClosed(unused));
  assert.deepEqual(told, []);
  keeper.told(leader, { ...acts, parts: ['interface'] }, [tun]);
  await until(() => told.length === 1);
  assert.deepEqual(handed.at(-1), { interface: tun });
});

test('a leader that cannot have its parts is told why, in a sentence', async () => {
  for (const passing of [false, true]) {
    failures.parts = [new NodeError('iptables', 'no such socket', { passing })];
    await assert.rejects(begin(startKeeper({}, []).keeper), {
      code: 'NODE_REFUSED',
      message: 'no such socket',
    });
  }
});

test('of two descriptors for one part one is kept', async () => {
  const [tun, again] = [0, 1].map(() => openSync('/dev/null', 'r')) as [number, number];
  const leader = twin({ instance: 'a', slot: 'primary' });
  const { keeper, told } = startKeeper({ leader: false }, [leader], 'b');
  await begin(keeper);
  keeper.told(leader, { ...acts, parts: ['interface', 'interface'] }, [tun, again]);
  await until(() => told.length === 1);
  assert.deepEqual([tun, again].map(isClosed), [true, false]);
});

test('for another wanted state it keeps the descriptors that serve that, too', async () => {
  const [tun, rules] = [0, 1].map(() => openSync('/dev/null', 'r')) as [number, number];
  const deputy = twin();
  const listeners = ['169.254.20.10', 'fd00::10'].map((address) => ({ address, port: 53 }));
  const { keeper, handed } = startKeeper({ rules: 'none', listeners }, [deputy]);
  keeper.told(deputy, { ...acts, leader: false, parts: ['interface', 'rules'] }, [tun, rules]);
  await begin(keeper);
  assert.deepEqual(handed.at(-1), { interface: tun });
  assert.ok(!isClosed(tun) && isClosed(rules));
});

/** What no flag of ours asks for. */
const foreign: readonly (readonly [flag: string, Partial<WantedState>])[] = [
  ['--listen', { addresses: ['169.254.20.10', '10.96.0.1', '169.254.169.254'] }],
  ['--listen', { addresses: [] }],
  ['--port', { port: 22 }],
  ['--interface', { interface: { name: 'kube-ipvs0', type: 'tun' } }],
  ['--interface-type', { interface: { name: 'nodelocaldns', type: 'dummy' } }],
  ['--rules', { rules: 'iptables' }],
];

test('a leader keeps what its own flags ask for, whatever a twin says that acts before it and then goes', async () => {
  for (const [, change] of foreign) {
    const hostile = twin({ instance: '0', slot: 'primary' });
    const peers = [hostile];
    const { keeper, told, wants } = startKeeper({}, peers);
    keeper.told(hostile, { ...acts, holding: { ...wantedState, ...change } }, []);
    await begin(keeper);
    keeper.serving();
    keeper.told(hostile, { ...acts, holding: { ...wantedState, ...change } }, []);
    await until(() => !keeper.status().acting);
    peers.pop();
    keeper.changed();
    await until(() => keeper.status().acting);
    const next = twin();
    peers.push(next);
    keeper.met(next);
    assert.deepEqual(told.at(-1)!.holding, wantedState);
    for (const wanted of wants) assert.deepEqual(wanted, wantedState);
    peers.pop();
  }
});

test('a process that is no leader takes over nothing that its own flags do not ask for, and says which', async () => {
  for (const [flag, change] of foreign) {
    const [fd] = [openSync('/dev/null', 'r')];
    const leader = twin({ instance: 'a', slot: 'primary' });
    const peers = [leader];
    const { keeper, told, wants, errors } = startKeeper({ leader: false }, peers, 'b');
    await begin(keeper);
    keeper.serving();
    const message = { ...acts, holding: { ...wantedState, ...change }, parts: ['rules' as const] };
    keeper.told(leader, message, [fd]);
    await until(() => isClosed(fd));
    keeper.told(leader, { ...message, parts: [] }, []);
    peers.pop();
    keeper.changed();
    await keeper.stop();
    assert.deepEqual([told, wants, happened], [[], [], []]);
    // Of addresses it is told where twins meet.
    assert.equal(errors.length, flag === '--listen' ? 0 : 1);
    for (const error of errors) assert.match(error, new RegExp(`flags="?${flag}\\b`));
  }
});

test('ports of probes are those of our own flags; that all stays is asked for by either', async () => {
  const leader = twin({ instance: 'a', slot: 'primary' });
  const admin = { address: '169.254.20.10', port: 9254 };
  const { keeper, told } = startKeeper({ leader: false, admin }, [leader], 'b');
  await begin(keeper);
  keeper.told(leader, { ...acts, holding: { ...wantedState, healthPorts: [22], keep: true } }, []);
  await until(() => told.length === 1);
  assert.deepEqual(told[0]!.holding, { ...wantedState, healthPorts: [9254], keep: true });
});

test('a leader that another one precedes takes its descriptors, and of another kind of interface none', async () => {
  const [tun, rules] = [0, 1].map(() => openSync('/dev/null', 'r')) as [number, number];
  const other = twin({ instance: '0', slot: 'primary' });
  const { keeper, wants, handed } = startKeeper({}, [other]);
  const theirs = { ...wantedState, interface: { name: 'another', type: 'tun' as const } };
  keeper.told(other, { ...acts, holding: theirs, parts: ['interface', 'rules'] }, [tun, rules]);
  await begin(keeper);
  assert.deepEqual([handed.at(-1), wants.at(-1)], [{ rules }, wantedState]);
  assert.deepEqual([tun, rules].map(isClosed), [true, false]);
});

test('nothing is removed while another process serves, or before the others that leave have left', async () => {
  const stays = startKeeper({}, [twin()]);
  await begin(stays.keeper);
  stays.keeper.leave();
  await stays.keeper.stop();
  assert.deepEqual(happened, ['make interface']);
  const peers = [twin({ leaving: true })];
  const { keeper } = startKeeper({}, peers);
  keeper.told(peers[0]!, { ...acts, leader: false, acting: false }, []);
  await begin(keeper);
  keeper.leave();
  const stopped = keeper.stop();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(happened, ['make interface', 'make interface']);
  peers.pop();
  keeper.changed();
  await stopped;
  assert.deepEqual(happened.slice(2), ['remove rules', 'remove interface']);
});

test('a lock held while rules are removed is waited for', async () => {
  failures['remove rules'] = [new NodeError('iptables_lock', 'held', { passing: true })];
  const { keeper } = startKeeper({}, []);
  await begin(keeper);
  await keeper.stop();
  assert.deepEqual(happened, ['make interface', 'remove rules', 'remove interface']);
});

function isClosed(fd: number): boolean {
  try {
    fstatSync(fd);
    return false;
  } catch {
    return true;
  }
}

test('a leader is ready once both were there; what is wanted is known before, and found what was looked at', async () => {
  failures.rules = [new NodeError('iptables', 'The program is missing.')];
  const { keeper } = startKeeper({ syncInterval: 20 }, []);
  const told = () => [keeper.status().wanted, keeper.status().found, keeper.status().problems.rules];
  const [one, none] = [
    { interface: 1, rules: 1 },
    { interface: null, rules: null },
  ];
  await keeper.adopt();
  assert.deepEqual(told(), [one, none, null]);
  await keeper.prepare();
  keeper.serving();
  await until(() => keeper.status().errors.iptables === 1);
  assert.deepEqual(told(), [one, { interface: 1, rules: 0 }, 'The program is missing.']);
  assert.equal(keeper.pending, 'The rules are not set yet. The program is missing.');
  await until(() => keeper.pending === undefined);
  assert.deepEqual(told(), [one, one, null]);
  failures.rules = [new NodeError('iptables', 'It is missing again.')];
  await until(() => keeper.status().problems.rules !== null);
  assert.equal(keeper.pending, undefined, 'what fails later is for metrics to tell');
});

test('before the gate opens a leader takes away the rules it finds, and makes them when it does', async () => {
  for (const leader of [true, false]) {
    const { keeper } = startKeeper({ leader }, []);
    await keeper.adopt();
    keeper.uncapture();
    await keeper.prepare();
    assert.deepEqual(happened, ['remove rules', 'make interface'], 'a bystander does nothing');
  }
});

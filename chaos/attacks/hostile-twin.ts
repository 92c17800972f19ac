// hostile-twin — a process of the same user that has itself taken for a twin, and then does one of the worst things a twin can.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Arena,
  bindUdp,
  CELL_ADDRESS,
  CELL_LENGTH,
  CELL_PAYLOAD,
  CELL_STATE,
  HEAD_CELLS,
  HEAD_FIRST_CELL,
  HEAD_RECORDS,
  HEAD_RECORDS_SIZE,
  HEAD_STRIDE,
  HEAD_USER,
  listenTcp,
  monotonicMs,
} from 'node-reuseport';
import { question } from '../load/catalogue.ts';
import { lastFor, planOf } from './attacker.ts';
import type { Trick } from './tricks.ts';
import { channelsOf, TwinChannel } from './twin-channel.ts';

interface Further {
  readonly trick: Trick;
}

/** What a process shows: a socket pair for each of `own`, its arena and its state. */
interface Shown {
  readonly own: readonly string[];
  readonly fds: readonly number[];
}

/** Bytes an arena has for connections, and more. */
const RECORDS = 4 << 20;
/** How many cells were ever taken. */
const HEAD_PARKED_MOST = HEAD_USER + 4;

const { target, ms, run, trick } = planOf<Further>();
const names = channelsOf();
const folder = mkdtempSync(join(tmpdir(), 'twindns-hostile-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
let said = 0;
let taken = 0;

/** The first that is welcomed learns the protocol, and speaks that of no version before. */
async function learnProtocol(): Promise<void> {
  for (const name of names) {
    const channel = TwinChannel.dial(name, 'x');
    channel?.say('join');
    const heard = await channel?.welcome();
    for (const fd of heard?.fds ?? []) closeSync(fd);
    channel?.close();
    if (heard !== undefined) return;
  }
}

/** Has itself welcomed by each instance. */
async function haveWelcomed(instance: string): Promise<{ channel: TwinChannel; shown: Shown }[]> {
  const joined: { channel: TwinChannel; shown: Shown }[] = [];
  for (const name of names) {
    const channel = TwinChannel.dial(name, instance);
    if (channel === undefined || !channel.say('join')) continue;
    const heard = await channel.welcome();
    if (heard === undefined) continue;
    taken++;
    const own = (heard.message.own ?? []) as readonly string[];
    joined.push({ channel, shown: { own, fds: heard.fds } });
  }
  return joined;
}

/** The sockets are the other's own, so that the addresses are right. */
function serve(channel: TwinChannel, { own, fds }: Shown, arena: number, state: number): void {
  said++;
  channel.say('serving', { own }, [...fds.slice(0, 2 * own.length), arena, state]);
}

async function stateWithoutEnd(): Promise<void> {
  execFileSync('mkfifo', [`${folder}/stat`]);
  const state = openSync(folder, 'r');
  const arena = new Arena({ ring: 6, parked: 4, records: RECORDS });
  const beat = () => {
    arena.header[HEAD_USER] = monotonicMs();
  };
  beat();
  for (const { channel, shown } of await haveWelcomed('0')) serve(channel, shown, arena.fd, state);
  setTimeout(beat, 100); // it is looked at while it serves, and then for why it is silent
}

async function endlessArena(): Promise<void> {
  const arena = new Arena({ ring: 6, parked: 4, payload: 64, records: 60 << 20 });
  const { header, memory } = arena;
  const first = header[HEAD_FIRST_CELL]!;
  const stride = header[HEAD_STRIDE]!;
  const cells = Math.floor((memory.length - first - RECORDS) / stride);
  header[HEAD_CELLS] = cells;
  header[HEAD_RECORDS] = (first + cells * stride + 3) & ~3;
  header[HEAD_RECORDS_SIZE] = RECORDS - 4;
  header[HEAD_PARKED_MOST] = cells;
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const { message } = question('hit', 'hit-1.chaos.example', false);
  for (let cell = 6; cell < cells; cell++) {
    const at = first + cell * stride;
    words[(at >> 2) + CELL_LENGTH] = message.length;
    words[(at >> 2) + CELL_STATE] = 1;
    memory.set([2, 0, 0, 9, 127, 0, 0, 1], at + CELL_ADDRESS); // to a port where no process listens
    memory.set(message, at + CELL_PAYLOAD);
  }
  const joined = await haveWelcomed('0');
  for (const { channel, shown } of joined)
    serve(channel, shown, arena.fd, shown.fds[2 * shown.own.length + 1]!);
  goAway(joined);
}

function goAway(joined: readonly { readonly channel: TwinChannel }[]): void {
  setTimeout(() => {
    for (const { channel } of joined) channel.close();
  }, ms / 2);
}

async function longMessages(): Promise<void> {
  const channels = (await haveWelcomed('0')).map(({ channel }) => channel);
  const version = 'x'.repeat(60_000);
  setInterval(() => {
    for (const channel of channels) for (let i = 0; i < 16 && channel.say('join', { version }); i++) said++;
  }, 1);
}

async function manyTwins(): Promise<void> {
  for (let i = 0; i < 400; i++)
    for (const { channel, shown } of await haveWelcomed(`${run}-${i}`)) {
      const [arena, state] = shown.fds.slice(2 * shown.own.length);
      serve(channel, shown, arena!, state!);
    }
}

async function foreignElection(): Promise<void> {
  const holding = {
    interface: { name: 'nodelocaldns', type: 'tun' },
    ...{ addresses: [target.address, '10.96.0.1', '169.254.169.254'], port: target.port, rules: 'nftables' },
    ...{ healthPorts: [], keep: false },
  };
  const joined = await haveWelcomed('0');
  for (const { channel } of joined) {
    said++;
    channel.say('election', {
      election: { leader: true, acting: true, informed: true, holding, parts: [] },
    });
  }
  goAway(joined); // what it has told is acted upon once it is gone
}

/** O_NONBLOCK is of what a descriptor stands for: cleared on a duplicate it is cleared on the sockets the other reads. */
async function blockingSockets(): Promise<void> {
  const joined = await haveWelcomed('0');
  for (const { channel, shown } of joined) {
    const [arena, state] = shown.fds.slice(2 * shown.own.length);
    serve(channel, shown, arena!, state!);
  }
  const sockets = joined.flatMap(({ shown }) => shown.fds.slice(0, 2 * shown.own.length));
  setInterval(() => {
    // What a child gets as its standard input and output is made blocking for it.
    for (let i = 0; i < sockets.length; i += 2)
      spawnSync('true', { stdio: [sockets[i]!, sockets[i + 1]!, 'ignore'] });
  }, 10);
}

/** As its own, and as those of the receiver: files, sockets of other kinds, addresses and ports, and the receiver's own. */
async function falseSockets(): Promise<void> {
  const { address, port } = target;
  const file = openSync('/dev/zero', 'r');
  const elsewhere = {
    udp: bindUdp({ address, port: 0, freeBind: true }),
    tcp: listenTcp({ address, port: 0, freeBind: true }),
  };
  const foreign = { address: '127.9.9.9', port, freeBind: true };
  const others = { udp: bindUdp(foreign), tcp: listenTcp(foreign) };
  const joined = await haveWelcomed('0');
  setInterval(() => {
    for (const { channel, shown } of joined) {
      const [udp, tcp] = shown.fds as [number, number];
      const [arena, state] = shown.fds.slice(2 * shown.own.length) as [number, number];
      for (const [own, yours] of [
        [
          [file, file],
          [file, file],
        ],
        [
          [tcp, udp],
          [tcp, udp],
        ],
        [
          [elsewhere.udp, elsewhere.tcp],
          [elsewhere.udp, elsewhere.tcp],
        ],
        [
          [others.udp, others.tcp],
          [others.udp, others.tcp],
        ],
        [
          [udp, tcp],
          [udp, tcp],
        ],
        [
          [udp, tcp, udp, tcp],
          [file, tcp],
        ],
      ] as const) {
        const named = (fds: readonly number[]) => Array.from({ length: fds.length / 2 }, () => address);
        if (
          channel.say('welcome', { own: named(own), yours: named(yours) }, [...own, arena, state, ...yours])
        )
          said++;
      }
    }
  }, 20);
}

/** What it does once it is taken for a twin. */
const play = {
  /** Its process state is a folder whose file never gives a byte. */
  'a state that is never read to its end': stateWithoutEnd,
  /** Its memory claims more unanswered queries than any instance has, and then it is gone. */
  'hundreds of thousands of queries to go on with': endlessArena,
  'messages of 60 KB': longMessages,
  'four hundred twins': manyTwins,
  /** The interface and the rules are to have other addresses. */
  'an election for other addresses': foreignElection,
  'sockets that are made to block': blockingSockets,
  'sockets that are not what they are said to be': falseSockets,
} as const satisfies Record<Trick, () => Promise<void>>;

lastFor(ms, () => ({
  'channels found': names.length,
  'times taken for a twin': taken,
  'messages said': said,
}));
await learnProtocol();
await play[trick]();

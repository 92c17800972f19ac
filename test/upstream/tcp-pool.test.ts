// tcp-pool.test — connections to a server do not live for ever, and nothing is lost or late when one follows another; at a clock of
// the test's own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { Bound } from '../../src/budget.ts';
import { Deadlines } from '../../src/loop/deadlines.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import type { StreamUser } from '../../src/upstream/byte-stream.ts';
import { type Asked, Exchange } from '../../src/upstream/exchange.ts';
import { FrameReader } from '../../src/upstream/frames.ts';
import { probeQuestion } from '../../src/upstream/probe.ts';
import { ResponseTime } from '../../src/upstream/response-time.ts';
import { Servers } from '../../src/upstream/servers.ts';
import { TcpPool } from '../../src/upstream/tcp-pool.ts';
import { TcpStream } from '../../src/upstream/tcp-stream.ts';
import { silentLog } from '../lab/resolver.ts';
import { buildReply } from '../lab/wire.ts';

const SWEEP = 250;

/** What one server does with a connection: false, and it answers nothing on it. */
type Accept = (socket: Socket, open: ReadonlySet<Socket>) => boolean;

interface Line {
  readonly pool: TcpPool;
  /** Why exchanges failed; of each late answer whether its question had failed. */
  readonly failed: readonly string[];
  readonly late: readonly boolean[];
  /** Asks, and gives up as soon as the question is sent. */
  askInVain(): Promise<void>;
  /** Answers of the server that wait for `release`. */
  readonly held: (() => void)[];
  /** Connections as the server has them. */
  readonly open: ReadonlySet<Socket>;
  now(): number;
  mismatches(): number;
  /** Lets time pass, with sweeps. */
  pass(ms: number): void;
  /** The same, and none while a connection is made and tried. */
  passCalmly(ms: number): Promise<void>;
  /** Asks a question; resolves when it is answered, rejects when it fails. */
  ask(): Promise<void>;
}

/** A pool to a server of this process. @param holds whether the server keeps its answers back  @param maxAge milliseconds */
async function startLine(t: TestContext, accept: Accept, holds = () => false, maxAge = 0): Promise<Line> {
  let now = 0;
  const open = new Set<Socket>();
  const fresh = new Set<Socket>();
  const held: (() => void)[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    fresh.add(socket);
    socket.on('close', () => open.delete(socket) && fresh.delete(socket));
    socket.on('error', () => {});
    const answers = accept(socket, open);
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) =>
      frames.push(chunk, chunk.length, (bytes, start, length) => {
        if (!answers) return;
        const reply = buildReply(bytes.subarray(start, start + length));
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(reply.length);
        const send = () => {
          fresh.delete(socket);
          socket.write(Buffer.concat([prefix, reply]));
        };
        if (holds()) held.push(send);
        else send();
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fail = (error: unknown) => assert.fail(String(error));
  const loop = new EventLoop(fail);
  const deadlines = new Deadlines(() => now, fail);
  const servers = new Servers(() => now);
  const record = servers.of('127.0.0.1:53', 'tcp');
  const context = {
    ...{ loop, deadlines, now: () => now },
    servers,
    sockets: new Bound('upstream_sockets', 'sockets', 100),
    log: silentLog,
    sweepLater() {},
  };
  const [failed, late]: [string[], boolean[]] = [[], []];
  const nobody: Asked = {
    name: '',
    transport: 'tcp',
    patience: 300,
    ask() {},
    answered() {},
    missed() {},
    unreachable() {},
    failed: (_exchange, reason) => void failed.push(reason),
    late: ({ hasFailed }) => void late.push(hasFailed),
  };
  const { port } = server.address() as AddressInfo;
  const connecting = {
    ...({ transport: 'tcp', patience: 250, pause: 0, expire: 10_000 } as const),
    maxAge,
    open: (user: StreamUser) => new TcpStream({ address: '127.0.0.1', port }, loop, user),
  };
  const pool = new TcpPool(connecting, context, record, new ResponseTime(), nobody);
  t.after(() => {
    pool.close();
    deadlines.stop();
    loop.close();
    server.close();
    for (const socket of open) socket.destroy();
  });
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += SWEEP;
      pool.sweep(now);
    }
  };
  return {
    ...{ pool, held, open, pass, failed, late },
    async askInVain() {
      const question = probeQuestion({ answered: () => assert.fail('given up'), failed: () => {} });
      const exchange = new Exchange(question, nobody, 'tcp', true, now);
      const before = held.length;
      pool.ask(exchange, now);
      while (held.length === before) await turn();
      exchange.failing = 'timeout';
      exchange.cancel();
    },
    now: () => now,
    mismatches: () => record.mismatches,
    async passCalmly(ms) {
      for (const end = now + ms; now < end; ) {
        const { opened } = pool;
        pass(SWEEP);
        if (pool.opened === opened) continue;
        while (pool.size > open.size || fresh.size > 0) await turn();
        await settle();
      }
    },
    ask: () =>
      new Promise((resolve, reject) => {
        const question = probeQuestion({
          answered: () => resolve(),
          failed: (_exchange, reason) => reject(new Error(reason)),
        });
        pool.ask(new Exchange({ ...question, vital: false }, nobody, 'tcp', true, now), now);
      }),
  };
}

/** Until what was sent has come. */
async function settle(): Promise<void> {
  await pause(3);
  for (let i = 0; i < 20; i++) await turn();
}

test('a server that is new behind an address has its share within two minutes', async (t) => {
  let replicas = 3;
  let next = 0;
  const answered = [0, 0, 0, 0];
  const lines = await Promise.all(
    Array.from({ length: 8 }, () =>
      startLine(t, (socket) => {
        const replica = next++ % replicas;
        socket.on('data', () => {
          answered[replica]! += 1;
        });
        return true;
      }),
    ),
  );
  for (let second = 0; second < 170; second++) {
    if (second === 50) replicas = 4;
    if (second === 110) answered.fill(0);
    await Promise.all(lines.map((line) => line.ask()));
    await Promise.all(lines.map((line) => line.passCalmly(1000)));
  }
  const all = answered.reduce((sum, count) => sum + count);
  assert(answered[3]! > all / 8, `${answered}`);
});

test('a connection takes questions for a minute at most, and is closed when nothing is asked on it any more', async (t) => {
  const born = new Map<Socket, number>();
  const line: Line = await startLine(t, (socket) => {
    born.set(socket, line?.now() ?? 0);
    socket.on('data', () => assert(line.now() - born.get(socket)! <= 60_000));
    return true;
  });
  for (let second = 0; second < 150; second++) {
    await line.ask();
    await line.passCalmly(1000);
    assert(line.open.size <= 2);
  }
  assert(born.size >= 3 && born.size <= 6, `${born.size}`);
});

test('with max_age a connection takes questions for no longer than that', async (t) => {
  const maxAge = 5000;
  const born: number[] = [];
  let last = 0;
  const line: Line = await startLine(
    t,
    (socket) => {
      const since = line?.now() ?? 0;
      born.push(since);
      socket.on('data', () => {
        last = Math.max(last, line.now() - since);
      });
      return true;
    },
    undefined,
    maxAge,
  );
  for (let second = 0; second < 30; second++) {
    await line.ask();
    await line.passCalmly(1000);
  }
  assert(born.length >= 5 && last <= maxAge + 2000, `${born}, the oldest one ${last} ms`);
});

test('what is asked on a connection that is followed by another is answered there', {
  timeout: 10_000,
}, async (t) => {
  let holding = false;
  const line = await startLine(
    t,
    () => true,
    () => holding,
  );
  await line.ask();
  for (let second = 0; second < 25; second++) {
    line.pass(1000);
    await line.ask();
  }
  holding = true;
  const slow = line.ask();
  while (line.held.length === 0) await turn();
  holding = false;
  for (let i = 0; i < 200 && line.pool.opened < 2; i++) line.pass(SWEEP);
  await settle();
  for (let i = 0; i < 8; i++) {
    line.pass(SWEEP); // by now the first one is retired, and waits for what is owed on it
    await line.ask();
  }
  assert.equal(line.open.size, 2);
  line.held[0]!();
  await slow;
  line.pass(SWEEP);
  while (line.open.size > 1) await turn();
});

const limits: readonly (readonly [string, Accept])[] = [
  [
    'closes each second connection',
    (socket, open) => {
      if (open.size > 1) socket.destroy();
      return true;
    },
  ],
  ['answers on no second connection', (_socket, open) => open.size === 1],
  [
    'closes its only connection for a second one',
    (socket, open) => {
      for (const other of open) if (other !== socket) other.destroy();
      return true;
    },
  ],
];

for (const [what, accept] of limits)
  test(`a server that ${what} is asked all the time, and answers`, { timeout: 10_000 }, async (t) => {
    const line = await startLine(t, accept);
    // Connections are made in real time: how many seconds of the clock pass meanwhile is the machine's affair.
    for (let second = 0; second < 90 || line.pool.opened <= 2; second++) {
      await Promise.all([line.ask(), line.ask(), line.ask()]);
      line.pass(1000);
      if (second % 8 === 0) await settle();
    }
  });

test('an answer to a question that was given up is a late one, passed by or not, and no forged one', async (t) => {
  let holds = true;
  const line = await startLine(
    t,
    () => true,
    () => holds,
  );
  await line.askInVain();
  await line.askInVain();
  assert.deepEqual([line.failed, line.late], [['timeout', 'timeout'], []]);
  holds = false;
  await line.ask(); // passes by the two
  for (const release of line.held) release();
  await settle();
  assert.deepEqual(line.late, [true, true]);
  assert.equal(line.mismatches(), 0);
});

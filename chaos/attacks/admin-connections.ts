// admin-connections — connections to the ports where the instances tell about themselves: silent, half a request, kept alive, or
// many requests whose answers are not read.

import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../../src/config.ts';
import { podAddress } from '../host/addresses.ts';
import { lastFor, planOf } from './attacker.ts';

const manners = {
  silent: '',
  half: 'GET /health HTTP/1.1\r\nHost: tw',
  kept: 'GET /health HTTP/1.1\r\nHost: twindns\r\n\r\n',
  metrics: 'GET /metrics HTTP/1.1\r\nHost: twindns\r\n\r\n'.repeat(200),
  health: 'GET /health HTTP/1.1\r\nHost: twindns\r\n\r\n'.repeat(200),
} as const;

interface Further {
  /** To each port, the manners in turn. */
  readonly connections: number;
  readonly manners: readonly (keyof typeof manners)[];
  /** The first of their addresses. */
  readonly pod?: number;
  /** Pods that do it. */
  readonly pods: number;
}

/** Milliseconds until a connection that was closed is opened again, and between the requests that are not read. */
const AGAIN = 250;
const MORE = 50;

const plan = planOf<Further>();
let opened = 0;
let closed = 0;
const held = new Set<Socket>(); // a socket that is referred to nowhere would be closed as garbage

function open({ address, port }: Endpoint, manner: keyof typeof manners, pod: number): void {
  opened++;
  const localAddress = podAddress(1, pod);
  const socket = connect({ host: address, port, localAddress });
  held.add(socket);
  const unread = manner === 'metrics' || manner === 'health';
  const asking = () => {
    if (!socket.writableNeedDrain) socket.write(manners[manner]);
  };
  let timer: NodeJS.Timeout | undefined;
  socket.on('error', () => {});
  if (unread) socket.pause();
  else socket.on('data', () => {});
  socket.once('connect', () => {
    if (manner !== 'silent') socket.write(manners[manner]);
    if (unread) timer = setInterval(asking, MORE);
  });
  socket.once('close', () => {
    closed++;
    clearInterval(timer);
    held.delete(socket);
    setTimeout(open, AGAIN, { address, port }, manner, pod);
  });
}

for (const admin of plan.admins)
  for (let i = 0; i < plan.connections; i++)
    open(admin, plan.manners[i % plan.manners.length]!, (plan.pod ?? 1) + (i % plan.pods));
lastFor(plan.ms, () => ({ 'connections opened': opened, 'connections closed': closed }));

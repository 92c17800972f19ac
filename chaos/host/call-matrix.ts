// call-matrix — which system calls are made to fail, with what, and when: call × errno × kind of descriptor × phase × slot.

import { type Slot, slots } from '../../src/config.ts';
import type { Call, Fault, Kind } from './failing-calls.ts';

/**
 * once: at an instant. while: for two seconds. ever: until the instance has ended, or has shown for five that it need not.
 * start: once, as it starts beside a twin that holds its sockets. takeover: while its twin is killed.
 */
export type Phase = 'once' | 'while' | 'ever' | 'start' | 'takeover';

export interface Case {
  readonly slot: Slot;
  readonly phase: Phase;
  readonly fault: Fault;
}

type Row = readonly [
  call: Call,
  kind: Kind | undefined,
  errnos: readonly Fault['errno'][],
  phases: readonly Phase[],
];

const running = ['once', 'while', 'ever', 'takeover'] as const;
const all = [...running, 'start'] as const;

/** Those that an instance makes on its own behalf and on that of clients; the kernel gives each of these errors. */
const rows: readonly Row[] = [
  ['recvmmsg', 'udp', ['EIO', 'ENOMEM', 'EINTR'], running],
  ['sendmmsg', 'udp', ['ENOBUFS', 'ENOMEM', 'EAGAIN', 'EINTR'], running],
  ['accept4', 'listener', ['EMFILE', 'ENFILE', 'ENOBUFS', 'ECONNABORTED', 'EPROTO'], running],
  ['recv', 'tcp', ['EAGAIN', 'EINTR'], ['once', 'while', 'takeover']],
  ['write', 'tcp', ['EAGAIN', 'EINTR'], ['once', 'while', 'takeover']],
  ['socket', 'upstream', ['EMFILE', 'ENOBUFS', 'EACCES'], ['once', 'while', 'takeover']],
  ['connect', 'upstream', ['EADDRNOTAVAIL', 'ENETUNREACH', 'EPERM'], ['once', 'takeover']],
  ['write', 'upstream', ['ENOBUFS', 'EPERM'], ['once', 'takeover']],
  ['epoll_ctl', 'tcp', ['ENOSPC', 'ENOMEM'], ['once', 'takeover', 'start']],
  ['epoll_ctl', 'udp', ['ENOSPC', 'ENOMEM'], all],
  ['epoll_ctl', 'channel', ['ENOSPC', 'ENOMEM'], all],
  ['epoll_ctl', 'rendezvous', ['ENOSPC'], all],
  ['fcntl', 'udp', ['EMFILE'], all],
  ['getsockopt', 'udp', ['ENOBUFS'], all],
  ['getsockname', 'udp', ['ENOBUFS'], all],
  ['getpeername', 'udp', ['ENOBUFS'], all],
  ['setsockopt', 'udp', ['EPERM', 'ENOMEM'], all],
  ['sendmsg', 'channel', ['ENOBUFS', 'ENOMEM', 'EMFILE', 'EINTR'], all],
  ['recvmsg', 'channel', ['ENOBUFS', 'ENOMEM', 'ECONNRESET', 'EINTR'], all],
  ['getsockopt', 'channel', ['ENOBUFS'], all],
  ['accept4', 'rendezvous', ['EMFILE', 'ENOMEM'], all],
  ['connect', 'channel', ['ENOMEM', 'EPERM'], all],
  ['mmap', 'memory', ['ENOMEM', 'EPERM'], ['once', 'ever', 'takeover', 'start']],
  ['fcntl', 'memory', ['EPERM'], ['takeover', 'start']],
  ['memfd_create', undefined, ['EMFILE', 'ENOMEM', 'EPERM'], ['start']],
  ['ftruncate', 'memory', ['ENOMEM'], ['start']],
];

/** Twice, for each slot once. Neighbours have nothing in common, so that a few of them in a row are a sample of all. */
export function callMatrix(): readonly Case[] {
  const cases = rows.flatMap(([call, kind, errnos, phases]) =>
    phases.flatMap((phase) =>
      errnos.flatMap((errno) =>
        slots.map((slot): Case => ({ slot, phase, fault: faultOf(call, errno, kind, phase) })),
      ),
    ),
  );
  return cases.map((_, i) => cases[(i * STRIDE) % cases.length]!);
}

// ---------------------------------------------------------------------------------------------------------------------

/** A prime that divides the length of no matrix of this size. */
const STRIDE = 149;

/** The kernel says so again and again, but not for ever: that something waits is why the call was made. */
const A_ROW = 20;

function faultOf(call: Call, errno: Fault['errno'], kind: Kind | undefined, phase: Phase): Fault {
  const fault = { call, errno, ...(kind === undefined ? {} : { kind }) };
  if (phase === 'once' || phase === 'start') return { ...fault, times: 1 };
  return errno === 'EINTR' || (errno === 'EAGAIN' && call === 'recv') ? { ...fault, times: A_ROW } : fault;
}

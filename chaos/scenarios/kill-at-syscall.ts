// kill-at-syscall — an instance dies just behind each system call of receiving and answering: windows of microseconds that
// random kills miss.

import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';
import { trap } from '../syscall-trap.ts';

const syscalls = [
  'recvmmsg',
  'sendmmsg',
  'read',
  'write',
  'sendmsg',
  'recvmsg',
  'accept4',
  'epoll_wait,epoll_pwait',
  'close',
] as const;

export const killAtSyscall: Scenario = {
  name: 'kill-at-syscall',
  purpose: 'An instance is stopped behind each system call of the path of a query, and killed there.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 18, thorough: 1000 },
  delay: { ms: 250, share: 0.01 }, // ptrace slows every call of the victim
  rate: 2000,
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const syscall = chance.pick(syscalls);
    const member = stage.own!.member(slot);
    const outcome = await trap(member.pid, syscall, 1 + chance.below(40));
    if (outcome === 'missed')
      stage.note(`Some kills came without the call: ${syscall} was not made in time.`);
    stage.happened(`SIGKILL ${slot} ${outcome === 'caught' ? `behind ${syscall}` : ''}`.trim());
    await stage.end(slot, 'SIGKILL');
    await stage.start(slot);
  },
};

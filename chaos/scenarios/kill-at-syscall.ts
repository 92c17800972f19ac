// kill-at-syscall — an instance dies just behind each system call of receiving and answering: windows of microseconds that
// random kills miss.

import { slots } from '../../src/config.ts';
import { trap } from '../host/syscall-trap.ts';
import type { Scenario } from '../scenario.ts';

/** The kill comes behind one of this many calls: some are made a thousand times a second, some rarely. */
const syscalls = {
  recvmmsg: 100,
  sendmmsg: 100,
  recvfrom: 50,
  sendto: 50,
  epoll_wait: 100,
  epoll_pwait: 100,
  recvmsg: 3,
  accept4: 3,
  shutdown: 2,
  close: 2,
} as const;

export const killAtSyscall: Scenario = {
  name: 'kill-at-syscall',
  purpose: 'An instance is stopped behind each system call of the path of a query, and killed there.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 20, thorough: 1000 },
  delay: { ms: 250, share: 0.01 }, // ptrace slows every call of the victim
  rate: 2000,
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const [syscall, most] = chance.pick(Object.entries(syscalls));
    const member = stage.own!.member(slot);
    const { outcome, release } = await trap(member.pid, syscall, 1 + chance.below(most));
    if (outcome === 'missed')
      stage.note(`${syscall} was not always called in time; then the kill came at a random instant.`);
    stage.happened(`SIGKILL ${slot} ${outcome === 'caught' ? `behind ${syscall}` : ''}`.trim());
    member.signal('SIGKILL');
    release();
    await member.gone;
    await stage.start(slot);
  },
};

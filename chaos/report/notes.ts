// notes — what else is worth knowing about a run: what was wrong, how connections fared, what the machine was like.

import type { TimeShares } from '../host/machine-time.ts';
import type { Ledger } from '../load/ledger.ts';
import type { Traffic } from '../load/traffic.ts';

/** A machine with less than this share of its time left over answers late, whatever runs on it. */
const BUSY = 0.1;
/** So does a machine from which the hypervisor took more than this share. */
const STOLEN = 0.02;
/** Losses that are listed one by one. */
const SHOWN = 5;

/** @param alone whether the kernel's counters are about this suite alone */
export function notesOf(
  { tally, fates, refused, stalls, udp, tcp, unanswered, startedAt }: Traffic,
  { idle, stolen }: TimeShares,
  alone: boolean,
): readonly string[] {
  const { opened, reset, cut, closed } = fates;
  const errors = [...fates.why].map(([code, count]) => `${count} × ${code}`);
  const longest = Math.max(0, ...stalls).toFixed(0);
  const lost = (ledger: Ledger) => ledger.lostAt().map((at) => `${(at - startedAt).toFixed(0)} ms`);
  const lostOverUdp = lost(udp);
  const lostOverTcp = lost(tcp);
  const possible: (readonly [applies: boolean, note: string])[] = [
    [tally.faults.length > 0, `Wrong: ${tally.faults.join('; ')}.`],
    [
      opened > 0,
      `TCP connections: ${opened} opened, ${reset} reset, ${cut} closed with queries open, ${closed} without.`,
    ],
    [errors.length > 0, `Errors of TCP connections: ${errors.join(', ')}.`],
    [refused > 0, `The kernel said ${refused} times that nothing listens.`],
    [
      stalls.length > 0,
      `The load itself stalled ${stalls.length} times, ${longest} ms at most; delays are without that.`,
    ],
    [
      idle < BUSY,
      `The machine had ${(idle * 100).toFixed(0)} % of its time left over: delays are longer than they had to be.`,
    ],
    [
      stolen > STOLEN,
      `Other machines took ${(stolen * 100).toFixed(0)} % of the time of this one: delays are longer than they had to be.`,
    ],
    [
      !alone,
      'Other programs share the counters of this network namespace: drops elsewhere and ListenDrops are not counted.',
    ],
    [lostOverUdp.length > 0, `Lost over UDP at ${some(lostOverUdp)}.`],
    [lostOverTcp.length > 0, `Lost over TCP at ${some(lostOverTcp)}.`],
    [unanswered.length > 0, `Connections that stood and did not answer: ${some(unanswered)}.`],
  ];
  return possible.filter(([applies]) => applies).map(([, note]) => note);
}

function some(phrases: readonly string[]): string {
  return `${phrases.slice(0, SHOWN).join(', ')}${phrases.length > SHOWN ? ', …' : ''}`;
}

// losses — what disasters in the emulated machine have shown, less what its slowness shows.

import type { ChaosRun } from '../../chaos/report/outcome.ts';

/** A fault that a slow machine has in any case. */
const delay = /held up by more than/;

/** Sentences: what was lost, or could not be seen. */
export function lossesOf({ outcomes }: Pick<ChaosRun, 'outcomes'>): readonly string[] {
  return outcomes.flatMap(({ scenario, subject, faults }) =>
    faults.filter((fault) => !delay.test(fault)).map((fault) => `${scenario} against ${subject}: ${fault}`),
  );
}

/** A line for each scenario and subject. */
export function accountOf({ outcomes }: Pick<ChaosRun, 'outcomes'>): readonly string[] {
  return outcomes.map(({ scenario, subject, disasters, udp, tcp }) => {
    const lost = (of: { sent: number; never: number; wrong: number }) =>
      `${of.never} of ${of.sent} lost, ${of.wrong} wrong`;
    return `${scenario} against ${subject}: ${disasters.length} events; UDP ${lost(udp)}; TCP ${lost(tcp)}`;
  });
}

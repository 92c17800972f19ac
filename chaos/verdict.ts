// verdict — whether a subject has shown what it had to: a pure function of what was counted.

import type { Account } from './load/ledger.ts';
import type { TcpFates } from './load/tcp-client.ts';
import { figureText } from './report/figure-text.ts';
import type { Figure, Outcome } from './report/outcome.ts';
import type { Scenario } from './scenario.ts';

/** What was counted in one scenario. */
export interface Findings {
  readonly expects: Outcome['expects'];
  readonly disasters: number;
  readonly udp: Account;
  readonly tcp: Account;
  readonly fates: Readonly<TcpFates>;
  readonly strays: number;
  readonly kernelDrops: number;
  readonly listenDrops: number;
  readonly delay: Scenario['delay'];
  readonly figures: readonly Figure[];
  /** What the scenario's own check found, and what kept the scenario from striking. */
  readonly further: readonly string[];
}

/** What did not hold, one sentence each; no sentence: the subject has held. */
export function verdict(findings: Findings): readonly string[] {
  const { expects, disasters, udp, further } = findings;
  const nothing = [
    ...(udp.sent === 0 ? ['No query was sent over UDP.'] : []),
    ...(disasters === 0 ? ['No disaster struck.'] : []),
  ];
  if (expects === 'no loss') return [...nothing, ...losses(findings), ...excesses(findings), ...further];
  // A control fails when it cannot be struck, not by what it shows.
  const failed = [...nothing, ...further];
  if (expects === 'shown' || failed.length > 0) return failed;
  return blindness(findings);
}

// ---------------------------------------------------------------------------------------------------------------------

/** A delay is a loss only where the scenario claims that nothing is late; a busy machine makes some in any case. */
function blindness({ expects, udp, tcp, fates, delay }: Findings): string[] {
  const late = delay?.share === 0 ? udp.late : 0;
  const lateTcp = delay?.share === 0 ? tcp.late : 0;
  const blind = (transport: string) =>
    `Nothing was lost over ${transport} where something had to be: this load is blind to losses.`;
  return [
    ...(expects === 'loss' && udp.never + udp.wrong + late === 0 ? [blind('UDP')] : []),
    ...(tcp.sent > 0 && tcp.never + tcp.wrong + fates.reset + fates.cut + lateTcp === 0
      ? [blind('TCP')]
      : []),
  ];
}

function excesses({ figures }: Findings): string[] {
  return figures.filter(({ value, most }) => !(value <= most)).map((figure) => `The ${figureText(figure)}.`);
}

function losses({ udp, tcp, fates, strays, kernelDrops, listenDrops, delay }: Findings): string[] {
  const faults: string[] = [];
  const count = (number: number, sentence: string) => {
    if (number > 0) faults.push(sentence.replace('#', number.toLocaleString('en')));
  };
  for (const [transport, { sent, never, wrong, late, p999 }] of [
    ['UDP', udp],
    ['TCP', tcp],
  ] as const) {
    count(never, `# queries over ${transport} were never answered.`);
    count(wrong, `# answers over ${transport} were wrong.`);
    if (delay === undefined || late <= Math.ceil(sent * delay.share)) continue;
    const share = delay.share === 0 ? 'no query' : `${delay.share * 100} % of queries`;
    count(
      late,
      `# queries over ${transport} were held up by more than ${delay.ms} ms, where ${share} may be; p99.9 ${p999.toFixed(0)} ms.`,
    );
  }
  count(fates.reset, '# TCP connections were reset.');
  count(fates.cut, '# TCP connections were closed with queries open.');
  count(fates.refused, '# TCP connections were not accepted.');
  count(strays, '# answers came to no question.');
  count(kernelDrops, 'The kernel dropped # datagrams.');
  count(listenDrops, 'The kernel dropped # connections.');
  return faults;
}

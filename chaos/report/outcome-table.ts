// outcome-table — every number of a run: a row for each scenario, subject and transport.

import type { Account } from '../load/ledger.ts';
import type { Scenario } from './by-scenario.ts';
import { type Markup, markup } from './markup.ts';
import { count, delay } from './numbers.ts';
import type { Outcome } from './outcome.ts';
import { names, verdictMark } from './verdict-mark.ts';

const heads: readonly (readonly [name: string, meaning: string])[] = [
  ['subject', 'what was put through the disasters'],
  ['over', 'transport'],
  ['sent', 'queries sent'],
  ['once', 'queries answered exactly once'],
  ['twice', 'queries answered more than once: harmless'],
  ['wrong', 'answers that do not say what they should'],
  ['never', 'queries that got no answer: lost'],
  ['drops', 'UDP: datagrams the kernel dropped; TCP: connections it dropped at the listener'],
  ['disasters', 'how many hit it'],
  ['p50', 'half of the answers came within, in milliseconds'],
  ['p99.9', '999 of 1,000 answers came within, in milliseconds'],
  ['worst', 'the slowest answer, in milliseconds'],
  ['verdict', 'whether what was expected came true'],
];

export function outcomeTable(scenarios: readonly Scenario[]): Markup {
  const columns = heads.map(
    ([name, meaning], i) =>
      markup`<th scope="col" title="${meaning}"${i < 2 || name === 'verdict' ? markup` class="words"` : undefined}>${name}</th>`,
  );
  return markup`<div class="wide" role="region" aria-label="All outcomes" tabindex="0"><table>
<caption>Latency in milliseconds. Drops are the kernel’s own: UDP datagrams, TCP connections.</caption>
<thead><tr>${columns}</tr></thead>
${scenarios.map(group)}
</table></div>`;
}

// ---------------------------------------------------------------------------------------------------------------------

function group({ id, name, outcomes }: Scenario): Markup {
  return markup`<tbody><tr><th class="group" scope="rowgroup" colspan="${heads.length}"><a href="#${id}">${name}</a></th></tr>
${outcomes.map(rows)}</tbody>
`;
}

function rows(outcome: Outcome): Markup {
  const { udp, tcp, kernelDrops, listenDrops } = outcome;
  const used = [
    { over: 'UDP', account: udp, drops: kernelDrops },
    { over: 'TCP', account: tcp, drops: listenDrops },
  ].filter(({ account, drops }, i) => i === 0 || account.sent > 0 || drops > 0);
  const span = used.length;
  return markup`${used.map(
    ({ over, account, drops }, i) =>
      markup`<tr class="${i === 0 ? 'first' : 'next'} ${outcome.subject}">${
        i === 0 ? markup`<th scope="row" rowspan="${span}">${names[outcome.subject]}</th>` : undefined
      }<td class="words">${over}</td>${figures(account, drops)}${
        i === 0 ? markup`<td rowspan="${span}">${count(outcome.disasters.length)}</td>` : undefined
      }${latencies(account)}${
        i === 0 ? markup`<td class="words" rowspan="${span}">${verdictMark(outcome)}</td>` : undefined
      }</tr>
`,
  )}`;
}

function figures({ sent, once, twice, wrong, never }: Account, drops: number): Markup {
  return markup`<td>${count(sent)}</td><td>${count(once)}</td><td>${count(twice)}</td>${noticed(wrong)}<td${
    never > 0 ? markup` class="lost"` : undefined
  }>${count(never)}</td>${noticed(drops)}`;
}

function latencies({ p50, p999, worst }: Account): Markup {
  return markup`<td>${delay(p50)}</td><td>${delay(p999)}</td><td>${delay(worst)}</td>`;
}

function noticed(value: number): Markup {
  return value > 0 ? markup`<td><b>${count(value)}</b></td>` : markup`<td>${count(value)}</td>`;
}

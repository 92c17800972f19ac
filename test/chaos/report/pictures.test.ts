// pictures.test — what is shown of a run: the table, the summary, the course over time, the notes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachineTime } from '../../../chaos/host/machine-time.ts';
import { Ledger } from '../../../chaos/load/ledger.ts';
import type { Outcome } from '../../../chaos/report/outcome.ts';
import { openProgress } from '../../../chaos/report/progress.ts';
import { summary, table } from '../../../chaos/report/table.ts';
import { timelineOf } from '../../../chaos/report/timeline.ts';

const account = {
  sent: 12_345,
  once: 12_345,
  twice: 0,
  wrong: 0,
  never: 0,
  late: 0,
  p50: 1,
  p999: 9.5,
  worst: 12,
};
const outcome: Outcome = {
  ...{
    scenario: 'freeze',
    purpose: 'It freezes.',
    subject: 'twindns',
    expects: 'no loss',
    held: true,
    faults: [],
  },
  ...{ ms: 5000, disasters: [{ at: 1, what: 'freeze' }], udp: account, tcp: { ...account, sent: 100 } },
  ...{ kernelDrops: 0, listenDrops: 0, bucketMs: 50, timeline: [], figures: [], notes: [] },
};

test('the table has a line an outcome, and below it what did not hold', () => {
  const bad: Outcome = {
    ...outcome,
    subject: 'unbound',
    expects: 'loss',
    held: false,
    faults: ['It is blind.'],
  };
  const lines = table([outcome, bad]).split('\n');
  assert.equal(lines.length, 5);
  assert.match(lines[2]!, /^freeze {4}twindns +1 +12,345 +0 +0 +100 +0 +0 +9\.5 ms +12 ms +0 +held$/);
  assert.match(lines[3]!, /unbound.*DID NOT HOLD$/);
  assert.equal(lines[4], '  ↳ It is blind.');
});

test('the summary says how much was counted and names what did not hold', () => {
  assert.equal(summary([outcome]), '12,445 queries and 1 disasters are accounted for: everything held.');
  assert.match(summary([outcome, { ...outcome, held: false }]), /1 of 2 did not hold: freeze \(twindns\)\.$/);
  assert.doesNotMatch(summary([]), /held/);
});

test('the course over time counts queries by the moment they were sent, of both transports', () => {
  const [udp, tcp] = [new Ledger(), new Ledger()];
  udp.answered(udp.sent(1010), 1013, true);
  udp.sent(1020);
  udp.answered(udp.sent(1160), 1200, true);
  tcp.answered(tcp.sent(1049), 1050, true);
  const { bucketMs, timeline } = timelineOf([udp, tcp], 1000, 200);
  assert.equal(bucketMs, 50);
  assert.deepEqual(
    timeline.map(({ at, sent, answered, lost, worst }) => [at, sent, answered, lost, worst]),
    [
      [0, 3, 2, 1, 3],
      [50, 0, 0, 0, 0],
      [100, 0, 0, 0, 0],
      [150, 1, 1, 0, 40],
    ],
  );
});

test('a long run has wider stretches, so that it stays a picture', () => {
  const ledger = new Ledger();
  ledger.sent(3_600_000);
  const { bucketMs, timeline } = timelineOf([ledger], 0, 3_600_000);
  assert.equal(bucketMs, 6000);
  assert.ok(timeline.length <= 601);
});

test('progress is rewritten on a terminal and told in lines elsewhere', () => {
  const said = (isTTY: boolean) => {
    let text = '';
    const write = (part: unknown) => {
      text += String(part);
      return true;
    };
    const progress = openProgress({ isTTY, columns: 30, write }, 1);
    progress.begun('freeze', 'twindns');
    progress.struck(1, 20);
    progress.ended(outcome);
    return text;
  };
  assert.equal(
    said(false),
    '[1/1] freeze against twindns …\n[1/1] freeze against twindns: 1 disasters in 5 s, held\n',
  );
  assert.ok(said(true).includes('\r\x1b[K'));
  const lines = said(true)
    .split('\r\x1b[K')
    .flatMap((part) => part.split('\n'));
  for (const line of lines.slice(0, -2)) assert.ok(line.length < 30, line);
});

test('what was left over of the machine is the time of idle and waiting processors; others may have taken some', () => {
  const texts = ['cpu  100 0 100 500 100 0 0 0 7 7\ncpu0 1\n', 'cpu  130 0 110 540 110 0 0 10 9 9\n'];
  const machine = new MachineTime(() => texts.shift()!);
  assert.deepEqual(machine.shares(), { idle: 0.5, stolen: 0.1 });
});

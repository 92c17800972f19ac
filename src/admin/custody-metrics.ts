// custody-metrics — how the twins look after each other: which peers there are, whose sockets are read, what was taken over.

import type { Registry } from 'prom-client';
import { slots } from '../config.ts';
import { type CustodyStatus, type EnabledCustodyStatus, pairProblems, takeoverReasons } from '../status.ts';
import { copyCounter, copyGauge, type Report } from './copied-metrics.ts';
import type { Source } from './source.ts';

export function registerCustodyMetrics(registry: Registry, source: Source): void {
  registerTwin(registry, source);
  registerReaders(registry, source);
  registerTakeovers(registry, source);
  registerFills(registry, source);
}

/** Milliseconds without a sign of work after which a twin is not seen. */
const NOT_SEEN = 5000;

// ---------------------------------------------------------------------------------------------------------------------

/** What there is nothing to say of without custody. */
function whenEnabled(source: Source, read: (status: EnabledCustodyStatus, report: Report) => void) {
  return (report: Report) => {
    const status = source.custody();
    if (status.enabled) read(status, report);
  };
}

function twinsOf(status: CustodyStatus) {
  return status.enabled ? status.twins : [];
}

function registerTwin(registry: Registry, source: Source): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], read: (report: Report) => void) =>
    copyGauge(registry, { name: `twindns_${name}`, help, labelNames }, read);
  gauge('custody_enabled', '1 when sockets are shared with a twin.', [], (report) =>
    report({}, source.custody().enabled ? 1 : 0),
  );
  const obstructed = '1 while something keeps the twin from calling this instance.';
  gauge('custody_channel_obstructed', obstructed, [], (report) => {
    const status = source.custody();
    report({}, status.enabled && status.channelProblem !== null ? 1 : 0);
  });
  const problem = '1 while something is between the two instances: problems in /status says what.';
  gauge('pair_problem', problem, ['problem'], (report) => {
    const status = source.custody();
    const all = status.enabled ? status.problems.map((one) => one.problem) : [];
    for (const kind of pairProblems) report({ problem: kind }, all.includes(kind) ? 1 : 0);
  });
  gauge(
    'twin_seen',
    '1 while an instance of the other slot serves beside this one, and works.',
    [],
    (report) => {
      const own = source.status().slot;
      const seen = twinsOf(source.custody()).some(
        ({ slot, serving, beatAgeMs }) => serving && slot !== own && (beatAgeMs ?? 0) < NOT_SEEN,
      );
      report({}, seen ? 1 : 0);
    },
  );
  copyCounter(
    registry,
    { name: 'twindns_alone_seconds_total', help: 'Time for which no twin served beside this instance.' },
    whenEnabled(source, ({ aloneSeconds }, report) => report({}, aloneSeconds)),
  );
  gauge(
    'twin_settings_match',
    '0 for a setting of which the twin has another value; left out while there is no twin.',
    ['setting'],
    whenEnabled(source, ({ settingsMatch }, report) => {
      for (const [setting, isSame] of Object.entries(settingsMatch)) report({ setting }, isSame ? 1 : 0);
    }),
  );
  gauge(
    'twin_info',
    'Constant 1; slot and version of each other instance.',
    ['slot', 'version'],
    (report) => {
      for (const { slot, version } of twinsOf(source.custody())) report({ slot, version }, 1);
    },
  );
  gauge('twin_beat_age_seconds', 'Time since the twin was last seen at work.', ['slot'], (report) => {
    for (const { slot, beatAgeMs } of twinsOf(source.custody())) {
      if (beatAgeMs !== null) report({ slot }, beatAgeMs / 1000);
    }
  });
}

function registerReaders(registry: Registry, source: Source): void {
  copyGauge(
    registry,
    {
      name: 'twindns_custody_slot_sockets_read',
      help: '1 while this instance reads the sockets of a slot: its own always, the other one when its instance cannot.',
      labelNames: ['slot'],
    },
    (report) => {
      const custody = source.custody();
      const read: readonly string[] = custody.enabled
        ? custody.reads.map(({ slot }) => slot)
        : [source.status().slot];
      for (const slot of slots) report({ slot }, read.includes(slot) ? 1 : 0);
    },
  );
  copyGauge(
    registry,
    { name: 'twindns_custody_held_connections', help: 'TCP connections of the twin held here, too.' },
    whenEnabled(source, ({ twins }, report) => {
      report(
        {},
        twins.reduce((sum, { heldConnections }) => sum + heldConnections, 0),
      );
    }),
  );
  copyGauge(
    registry,
    {
      name: 'twindns_custody_held_answer_bytes',
      help: 'Bytes of answers kept for clients of the twin that do not read.',
    },
    whenEnabled(source, ({ twins }, report) => {
      report(
        {},
        twins.reduce((sum, { heldAnswerBytes }) => sum + heldAnswerBytes, 0),
      );
    }),
  );
  copyGauge(
    registry,
    {
      name: 'twindns_custody_untold_connections',
      help: 'TCP connections of ours that no twin holds.',
    },
    (report) => {
      const custody = source.custody();
      report({}, custody.enabled ? custody.untoldConnections : source.status().tcpConnections);
    },
  );
}

function registerTakeovers(registry: Registry, source: Source): void {
  copyCounter(
    registry,
    {
      name: 'twindns_custody_takeovers_total',
      help: 'How often the work of the twin was gone on with: it died, left in order, or was stuck.',
      labelNames: ['reason'],
      zeros: true,
    },
    whenEnabled(source, ({ takeovers }, report) => {
      for (const reason of takeoverReasons) report({ reason }, takeovers[reason]);
    }),
  );
  const total = (name: string, help: string, value: (status: EnabledCustodyStatus) => number) =>
    copyCounter(
      registry,
      { name: `twindns_${name}_total`, help },
      whenEnabled(source, (status, report) => report({}, value(status))),
    );
  total(
    'custody_takeover_seconds',
    'Time takeovers took, all together.',
    ({ takeoverSeconds }) => takeoverSeconds,
  );
  total(
    'custody_stolen',
    'How often the sockets of a twin that did not read them were read beside it.',
    ({ stolen }) => stolen,
  );
  total(
    'custody_torn_connections',
    'TCP connections of the twin ended because an answer on them was torn.',
    ({ tornConnections }) => tornConnections,
  );
  total(
    'custody_refused_callers',
    'Processes of another user that called as the twin.',
    ({ refusedCallers }) => refusedCallers,
  );
}

function registerFills(registry: Registry, source: Source): void {
  copyCounter(
    registry,
    {
      name: 'twindns_fills_total',
      help: 'Cached answers told to the twin (out) or by it (in); known: we had them as fresh, or no room.',
      labelNames: ['direction', 'outcome'],
      zeros: true,
    },
    whenEnabled(source, ({ fills }, report) => {
      report({ direction: 'out', outcome: 'sent' }, fills.sent);
      report({ direction: 'out', outcome: 'dropped' }, fills.dropped);
      report({ direction: 'in', outcome: 'taken' }, fills.taken);
      report({ direction: 'in', outcome: 'known' }, fills.received - fills.taken);
      report({ direction: 'in', outcome: 'rejected' }, fills.rejected);
    }),
  );
}

// node-metrics — which instance keeps the interface and the rules, and how that goes.

import type { Registry } from 'prom-client';
import { type NodeStatus, setupErrors } from '../status.ts';
import { copyCounter, copyGauge, type Report } from './copied-metrics.ts';
import type { Source } from './source.ts';

const parts = ['interface', 'rules'] as const;

export function registerNodeMetrics(registry: Registry, source: Source): void {
  const known = (read: (status: NodeStatus, report: Report) => void) => (report: Report) => {
    const status = source.node();
    if (status !== undefined) read(status, report);
  };
  const total = (name: string, help: string, value: (status: NodeStatus) => number) =>
    copyCounter(
      registry,
      { name: `twindns_${name}_total`, help },
      known((status, report) => report({}, value(status))),
    );
  const each = (name: string, help: string, value: (status: NodeStatus) => NodeStatus['found']) =>
    copyGauge(
      registry,
      { name: `twindns_${name}`, help, labelNames: ['part'] },
      known((status, report) => {
        for (const part of parts) {
          const number = value(status)[part];
          if (number !== null) report({ part }, number);
        }
      }),
    );
  copyCounter(
    registry,
    {
      name: 'coredns_nodecache_setup_errors_total',
      help: 'Failures to set up the interface or the rules, as node-cache counts them.',
      labelNames: ['errortype'],
      zeros: true,
    },
    (report) => {
      const errors = source.node()?.errors;
      for (const errortype of setupErrors) report({ errortype }, errors?.[errortype] ?? 0);
    },
  );
  copyGauge(
    registry,
    { name: 'twindns_leader', help: '1 while this instance sees to the interface and the rules.' },
    (report) => report({}, source.node()?.acting === true ? 1 : 0),
  );
  total('leader_changes', 'How often that duty came or went.', ({ dutyChanges }) => dutyChanges);
  each(
    'node_wanted',
    'What is to be there: the interface and its addresses; the rules. Left out by an instance that does not look.',
    ({ wanted, found }) => ({
      interface: found.interface === null ? null : wanted.interface,
      rules: found.rules === null ? null : wanted.rules,
    }),
  );
  each(
    'node_found',
    'Those found at the last look; left out by an instance that does not look.',
    ({ found }) => found,
  );
  total('node_reconciles', 'Looks at the interface or the rules.', ({ reconciles }) => reconciles);
  total('node_reconcile_seconds', 'Time those looks and what they led to took.', ({ seconds }) => seconds);
  total('node_changes', 'How often something had to be made or removed.', ({ changes }) => changes);
}

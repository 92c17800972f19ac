// command-text — what `twindns preflight` takes and is for; `preflight` does the work.

import type { CommandText } from '../command-text.ts';

export const preflightText = {
  name: 'preflight',
  summary: 'look over a cluster before installing, by kubectl, and change nothing',
  purpose:
    'Looks for what would take DNS from pods, or keep them from the cache: network policies, names that only the cluster ' +
    'DNS knows, data planes without kube-proxy, another cache. Runs kubectl, which only reads. Prints what it finds, worst ' +
    'first: stop (not here), first (something is to be done before), unseen (could not be looked at), know. Exit code 0 says ' +
    'that there is nothing but the last.',
  examples: ['twindns preflight', 'twindns preflight --context production --json'],
  options: [
    {
      name: 'context',
      placeholder: 'NAME',
      sentence: "the cluster: a context of kubectl (default: kubectl's own)",
    },
    { name: 'json', sentence: 'print JSON' },
  ],
} as const satisfies CommandText;

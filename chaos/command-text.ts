// command-text — what `twindns chaos` takes and is for; `options` reads it. Loads nothing: the help of each command needs it.

import type { CommandText, OwnFlags } from '../src/command-text.ts';

export const chaosText = {
  name: 'chaos',
  summary: 'try to make a pair lose a query',
  purpose:
    'Puts a pair under load, strikes it with disasters at random instants, and accounts for every query. The same ' +
    'is done to pairs that have to lose some, which shows that losses are seen.',
  examples: [
    'twindns chaos',
    'twindns chaos kill-primary freeze --subject twindns --disasters 100',
    'twindns chaos rolling-update --manifests',
    "twindns chaos kill-primary --target 127.0.0.1:53 --stop './stop $SLOT $SIGNAL' --start './start $SLOT'",
    'twindns chaos --list',
  ],
  argument: { term: '[SCENARIO...]', sentence: 'which disasters (default: all)' },
  options: [
    { name: 'rate', placeholder: 'N', sentence: 'UDP queries a second (default: 5000)' },
    {
      name: 'connections',
      placeholder: 'N',
      sentence: 'TCP connections, each with some five queries a second (default: 200)',
    },
    {
      name: 'disasters',
      placeholder: 'N',
      sentence: 'disasters a scenario (default: as many as --list or --thorough say)',
    },
    {
      name: 'seconds',
      placeholder: 'N',
      sentence: 'begin no further disaster of a scenario after this time, nor let a siege last longer',
    },
    {
      name: 'subject',
      placeholder: 'LIST',
      sentence: 'what is put through it: twindns, no-custody, unbound (default: all)',
    },
    {
      name: 'seed',
      placeholder: 'N',
      sentence: 'the same seed gives the same disasters at the same instants',
    },
    {
      name: 'json',
      placeholder: 'FILE',
      sentence: 'write the outcomes as JSON; - prints them instead of the table',
    },
    {
      name: 'out',
      placeholder: 'DIR',
      sentence: 'write chaos.json and the page chaos.html there, and the logs of what did not hold',
    },
    {
      name: 'picture',
      placeholder: 'FILE',
      sentence: 'draw the one scenario that is named, all subjects side by side, as SVG',
    },
    {
      name: 'target',
      placeholder: 'ADDR:PORT',
      sentence: 'the pair to try, which runs already; needs --stop and --start',
    },
    {
      name: 'names',
      placeholder: 'NAME,…',
      sentence: 'names that pair can answer (default: kubernetes.default.svc.cluster.local)',
    },
    {
      name: 'stop',
      placeholder: 'COMMAND',
      sentence: 'how the instance of the slot in $SLOT is stopped, by the signal in $SIGNAL, e.g. KILL',
    },
    {
      name: 'start',
      placeholder: 'COMMAND',
      sentence: 'how it is started; the command ends when it serves',
    },
    {
      name: 'admin',
      placeholder: 'ADDR:PORT,…',
      sentence:
        'where the instances of --target serve /status, which tells whether a disaster struck (default: 127.0.0.1:9253,127.0.0.1:9254)',
    },
    {
      name: 'corefile',
      sentence: 'start the pair by a Corefile that answers some names itself, not by flags',
    },
    {
      name: 'manifests',
      sentence: 'start the pair as manifests/base says, on a stand-in for a node; needs root',
    },
    { name: 'thorough', sentence: 'as often as it takes to be sure: some hours' },
    { name: 'list', sentence: 'print the scenarios' },
  ],
} as const satisfies CommandText;

/** Texts as they were given; `options` reads them. */
export type ChaosFlags = OwnFlags<typeof chaosText>;

// command-text — what `twindns check` takes and is for; `check` does the work.

import type { CommandText } from '../command-text.ts';

export const checkText = {
  name: 'check',
  summary: 'say whether instances would take a Corefile, or settings, and what it comes to',
  purpose:
    'Reads a Corefile and what it imports, and says all that is wrong with it, each with its file and line, or what it ' +
    'comes to: where is listened, which zones there are, where each name goes, and what in it does nothing. Reads settings ' +
    'as well, as the manifests have them, one NAME=VALUE a line. Changes nothing, and asks no instance and no server.',
  examples: [
    'twindns check /etc/coredns/Corefile',
    'twindns check Corefile --name web.shop.svc.cluster.local --type AAAA',
    'twindns check manifests/settings/settings.env',
  ],
  argument: { term: '<FILE>', sentence: 'the Corefile, or the settings; - is standard input' },
  options: [
    { name: 'name', placeholder: 'NAME', sentence: 'say what would happen to a query for it, step by step' },
    { name: 'type', placeholder: 'TYPE', sentence: 'the type that is asked for (default: A)' },
    { name: 'client', placeholder: 'ADDR', sentence: 'where the query comes from (default: 127.0.0.1)' },
    { name: 'json', sentence: 'print JSON' },
  ],
} as const satisfies CommandText;

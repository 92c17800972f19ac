// command-text — what the commands take and are for that look into running instances; `cache-command` does the work.

import type { CommandText } from '../command-text.ts';
import { runOptions } from '../options/option-table.ts';

/** By which the instances of a pair are found. */
export const pairRows = runOptions.filter(({ name }) => name === 'port' || name === 'channel-directory');

export const cacheText = {
  name: 'cache',
  summary: 'show or flush what both instances have cached of a name',
  purpose:
    'Shows what is cached of a name, or flushes it: both instances are asked by the socket in their directory, as root or their ' +
    'user. What is flushed is asked for again with the next query; an answer that an instance had before does not come back ' +
    'by its twin. Exit code 1: one of the instances could not be asked; 6: neither.',
  examples: [
    'twindns cache show kubernetes.default.svc.cluster.local',
    'twindns cache flush example.com',
    'twindns cache flush --zone shop.svc.cluster.local',
  ],
  argument: { term: '<ACTION>', sentence: 'show or flush', choices: ['show', 'flush'] },
  second: { term: '[NAME]', sentence: 'the name, as in a query' },
  options: [
    {
      name: 'zone',
      placeholder: 'NAME',
      sentence: 'with flush: this name and all below it; . is everything',
    },
    { name: 'type', placeholder: 'TYPE', sentence: 'with show: answers of this type alone, such as AAAA' },
    { name: 'json', sentence: 'print JSON' },
  ],
  rows: pairRows,
} as const satisfies CommandText;

// errors — `errors [stdout] { consolidate DURATION REGEX [LEVEL] [show_first] · stacktrace }`: errors of upstreams are told.

import type { LogPlan } from '../plan/log-plan.ts';
import { readBoundedRegex } from './bounded-regex.ts';
import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, eachOption, once } from './grammar.ts';
import { readDuration } from './number.ts';

type Consolidate = NonNullable<LogPlan['errors']>['consolidate'][number];

export function readErrors(directives: readonly Directive[], faults: Faults): LogPlan['errors'] {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  const [to] = atMost(directive, 1, faults, 'errors [stdout]');
  if (to !== undefined && to.text !== 'stdout')
    faults.refuse(
      to,
      `\`errors\` cannot write to ${quoted(to)}: errors are told in the log. Take the word out.`,
      ['stdout'],
    );
  const consolidate: Consolidate[] = [];
  eachOption(directive, faults, {
    consolidate(option) {
      consolidate.push(...readConsolidate(option, faults));
    },
    stacktrace: (option) => atMost(option, 0, faults, 'stacktrace'),
  });
  return { consolidate };
}

// ---------------------------------------------------------------------------------------------------------------------

const levels = { debug: 'debug', info: 'info', warning: 'warn', error: 'error' } as const;

function readConsolidate(option: Directive, faults: Faults): Consolidate[] {
  const form = 'consolidate DURATION REGEX [warning|error|info|debug] [show_first]';
  const [length, pattern, ...rest] = atMost(option, 4, faults, form);
  if (length === undefined || pattern === undefined) {
    faults.refuse(option.name, `\`consolidate\` needs a duration and a regular expression: \`${form}\`.`);
    return [];
  }
  const within = readDuration(length, faults, 'the duration of `consolidate`');
  const regex = readBoundedRegex(pattern.text, faults);
  if (typeof regex === 'string')
    faults.refuse(pattern, `${quoted(pattern)} is no regular expression of \`consolidate\`: ${regex}.`);
  let level: Consolidate['level'] = 'error';
  let showFirst = false;
  for (const word of rest) {
    if (showFirst) faults.refuse(word, `${quoted(word)} stands behind show_first: \`${form}\`.`);
    else if (word.text === 'show_first') showFirst = true;
    else if (Object.hasOwn(levels, word.text)) level = levels[word.text as keyof typeof levels];
    else
      faults.refuse(
        word,
        `${quoted(word)} is no level of \`consolidate\`: it has warning, error, info and debug, then show_first.`,
        [...Object.keys(levels), 'show_first'],
      );
  }
  return within === undefined ? [] : [{ within, pattern: pattern.text, level, showFirst }];
}

// local — `local { localhost_prefix on|off }`: names that mean this machine are answered here. With the prefix on, as it is
// by itself, that is also `localhost.` with more behind it.

import { Local } from '../zone/local.ts';
import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, eachOption } from './grammar.ts';

export function readLocal(directives: readonly Directive[], faults: Faults): Local {
  let isPrefixTaken = true;
  for (const directive of directives) {
    atMost(directive, 0, faults, 'local');
    eachOption(directive, faults, {
      localhost_prefix(option) {
        const [word] = atMost(option, 1, faults, 'localhost_prefix on|off');
        if (word?.text === 'on' || word?.text === 'off') isPrefixTaken = word.text === 'on';
        else
          faults.refuse(
            word ?? option.name,
            `\`localhost_prefix\` is on or off${word === undefined ? '' : `: not ${quoted(word)}`}.`,
            ['on', 'off'],
          );
      },
    });
  }
  return new Local(isPrefixTaken);
}

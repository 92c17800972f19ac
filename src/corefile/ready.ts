// ready — `ready [HOST:PORT] { monitor until-ready|continuously }`: a page that says whether queries may come.

import type { AdminPlan } from '../plan/plan.ts';
import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { eachOption, once } from './grammar.ts';
import { readHttpAddress } from './http-address.ts';

export function readReady(directives: readonly Directive[], faults: Faults): AdminPlan | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  const at = readHttpAddress(directive, faults, { address: '', port: 8181 });
  eachOption(directive, faults, {
    monitor({ name, args: [word, ...others] }) {
      if (word === undefined || others.length > 0 || !modes.includes(word.text))
        faults.refuse(
          others[0] ?? word ?? name,
          `\`monitor\` is until-ready or continuously${word === undefined ? '' : `: not ${quoted(others[0] ?? word)}`}.`,
          modes,
        );
      else if (word.text === 'until-ready')
        faults.warn(word, 'readiness is looked at all the while: until-ready does nothing.');
    },
  });
  return at && { at, pages: ['ready'], lameduck: 0 };
}

// ---------------------------------------------------------------------------------------------------------------------

const modes: readonly string[] = ['until-ready', 'continuously'];

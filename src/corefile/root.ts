// root — `root DIRECTORY`: where the paths of a block begin.

import type { Directive, Faults } from './directive.ts';
import { atMost, noBlock, once } from './grammar.ts';

/** Empty where nothing is said. */
export function readRoot(directives: readonly Directive[], faults: Faults): string {
  const directive = once(directives, faults);
  if (directive === undefined) return '';
  const [path] = atMost(directive, 1, faults, 'root DIRECTORY');
  noBlock(directive, faults);
  if (path === undefined || path.text === '')
    faults.refuse(path ?? directive.name, '`root` needs a directory.');
  return path?.text ?? '';
}

// nodecache — `nodecache [skipteardown]`: the interface and the rules of the node for the addresses of the block.

import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { noBlock } from './grammar.ts';

/** Whether they stay when the last instance ends; undefined where nothing is said of them. */
export function readNodecache(directives: readonly Directive[], faults: Faults): boolean | undefined {
  if (directives.length === 0) return undefined;
  for (const directive of directives) {
    noBlock(directive, faults);
    for (const word of directive.args)
      if (!isSkip(word.text))
        faults.warn(word, `\`nodecache\` has no word ${quoted(word)}: it does nothing. It has skipteardown.`);
  }
  return directives.some(({ args }) => args.some(({ text }) => isSkip(text)));
}

// ---------------------------------------------------------------------------------------------------------------------

function isSkip(text: string): boolean {
  return text.toLowerCase() === 'skipteardown';
}

// known-texts — what can be said without installing or building anything: the help of the bench and of the chaos suite, and the
// list of scenarios, as the built programs print them; a test compares.

import { readFileSync } from 'node:fs';

/** The text a command would print with these arguments, if it is one of those. */
export function knownText(command, args) {
  const file = files[command]?.(args);
  return file && readFileSync(file, 'utf8');
}

// ---------------------------------------------------------------------------------------------------------------------

const files = {
  bench: (args) => args.includes('--help') && 'test/bench/help.txt',
  chaos(args) {
    if (args.includes('--help') || args.includes('-h')) return 'chaos/help.txt';
    return args.length === 1 && args[0] === '--list' && 'chaos/list.txt'; // with others, those may be wrong
  },
};

// burner — no attack: keeps a share of the processors busy, as other programs of a node do, in short stretches on each.

import { lastFor, planOf } from './attacker.ts';
import { burn } from './burn.ts';

interface Further {
  /** Of the time of all processors. */
  readonly share: number;
}

const { ms, share } = planOf<Further>();
const processors = burn(share);
lastFor(ms, () => ({ processors }));

// block — keeps the event loop busy, as an endless regular expression or a huge JSON document would.

import { onCommand } from './on-command.ts';

onCommand('block', (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
});

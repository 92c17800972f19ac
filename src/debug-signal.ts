// debug-signal — SIGUSR1 opens no debugger: by Node.js itself it would, for every local user, at 127.0.0.1:9229.
//
// Imported for what it does, before anything else. Node.js listens to the signal from its own start on (its flag
// --disable-sigusr1 came with 22.14), so a debugger that was asked for earlier than this is closed again.

import { close, url } from 'node:inspector';

const wanted = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flags) =>
  /--inspect(?:-brk|-wait)?(?:[= ]|$)/.test(flags),
);

/** A signal is kept, and obeyed in the next turn at the latest. */
function closeUnasked(): void {
  if (!wanted && url() !== undefined) close();
}

process.on('SIGUSR1', () => {});
closeUnasked();
setImmediate(closeUnasked);

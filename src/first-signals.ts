// first-signals — what must not wait for the rest of the program: SIGUSR1 opens no debugger, SIGHUP ends no instance.
//
// Imported for what it does, before anything else. By itself Node.js opens a debugger for every local user, at 127.0.0.1:9229,
// and listens for that from its own start on (its flag --disable-sigusr1 came with 22.14): one that was asked for earlier than
// this is closed again.

import { close, url } from 'node:inspector';

const wanted = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flags) =>
  /--inspect(?:-brk|-wait)?(?:[= ]|$)/.test(flags),
);

/** A signal is kept, and obeyed in the next turn at the latest. */
function closeUnasked(): void {
  if (!wanted && url() !== undefined) close();
}

process.on('SIGUSR1', () => {});
// Its line is said once there is a log. To other commands it says that their terminal has gone.
// The arguments of node-cache, which passes it over, begin with a dash.
if (/^(run$|--?[a-z])/.test(process.argv[2] ?? '')) process.on('SIGHUP', () => {});
closeUnasked();
setImmediate(closeUnasked);

// container — a command line that runs another as a container does: in namespaces of its own but for the network, with the
// rights and variables it was given and no other.

import type { Environment } from './environment.ts';
import type { Rights } from './pods.ts';

export function contained(command: readonly string[], rights: Rights, environment: Environment): string[] {
  const { user, group, capabilities, mayGain, readOnlyRoot } = rights;
  const set = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join();
  return [
    ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--ipc', '--'],
    // Of the mount alone, not of the disk: the rest of the machine goes on writing to it.
    ...(readOnlyRoot ? ['sh', '-c', 'mount -o remount,bind,ro / && exec "$@"', 'sh'] : []),
    ...['setpriv', `--bounding-set=${set}`, `--inh-caps=${set}`, ...(mayGain ? [] : ['--no-new-privs'])],
    ...[`--reuid=${user}`, `--regid=${group}`, '--clear-groups'],
    ...['env', '-i', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
    ...command,
  ];
}

// container — a command line that runs another as a container does: in namespaces of its own but for the network, with the
// rights, variables and files of the node that it was given and no other.

import type { Environment } from './environment.ts';
import type { HostFile, Rights } from './pods.ts';

export function contained(
  command: readonly string[],
  rights: Rights,
  environment: Environment,
  files: readonly HostFile[] = [],
): string[] {
  const { user, group, capabilities, mayGain, readOnlyRoot } = rights;
  const set = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join();
  return [
    ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--ipc', '--'],
    ...[
      'sh',
      '-c',
      [...files.map(mounted), ...(readOnlyRoot ? [READ_ONLY] : []), 'exec "$@"'].join(' && '),
      'sh',
    ],
    ...['setpriv', `--bounding-set=${set}`, `--inh-caps=${set}`, ...(mayGain ? [] : ['--no-new-privs'])],
    ...[`--reuid=${user}`, `--regid=${group}`, '--clear-groups'],
    ...['env', '-i', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
    ...command,
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of the mount alone, not of the disk: the rest of the machine goes on writing to it. */
const READ_ONLY = 'mount -o remount,bind,ro /';

/** A mount of its own stays writable. */
function mounted({ path, at, kind }: HostFile): string {
  const make = kind === 'directory' ? 'mkdir -p' : 'touch';
  return `${make} ${path} ${at} && mount --bind ${path} ${at}`;
}

// planned-listeners — where an instance with these options will listen, for commands that are none themselves.

import type { Endpoint } from '../config.ts';
import type { Log } from '../log/log.ts';
import { buildConfig, ownEndpoints } from '../options/build-config.ts';
import type { Options } from '../options/options.ts';

/** What a Corefile has to be told of is told by the instances. */
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, line() {} };

/** @throws TwindnsError CONFIG_REFUSED with all that is wrong with the Corefile */
export async function plannedListeners(options: Options): Promise<readonly Endpoint[]> {
  if (options.corefile === 'off') return ownEndpoints(options);
  const [{ planSource }, { listenersOf }] = await Promise.all([
    import('./plan-source.ts'),
    import('./take-plan.ts'),
  ]);
  const { config } = buildConfig(options, { slot: 'primary', terminal: false, readFile: () => undefined });
  return listenersOf((await planSource(config, silent)).plan);
}

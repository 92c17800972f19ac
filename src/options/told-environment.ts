// told-environment — what `{$NAME}` of a Corefile stands for: variables as they are set, and those of options that are not with
// their defaults, so that a file may say {$TWINDNS_CLUSTER_DOMAIN} wherever it is read.

import { runOptions } from './option-table.ts';
import type { Environment } from './options.ts';

/** @param domain of the cluster, where a flag may have said it */
export function toldEnvironment(env: Environment, domain?: string): Environment {
  const unset = runOptions.filter(({ env: name }) => !env[name]);
  return {
    ...env,
    ...Object.fromEntries(unset.map(({ env: name, default: text }) => [name, text])),
    ...(domain === undefined ? {} : { TWINDNS_CLUSTER_DOMAIN: domain }),
  };
}

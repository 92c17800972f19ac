// program — what a simulated process runs: the instance as `twindns run` has it, in surroundings that this program makes.

import { Twin } from '../../ha/twin.ts';
import { messageOf, TwindnsError } from '../../src/errors.ts';
import { run } from '../../src/instance/run.ts';
import type { Surroundings } from './process/surroundings.ts';

/** Given to the bundle this file is the beginning of. */
declare const surroundings: Surroundings;

run(surroundings.options, (config, log) => {
  const twin = new Twin(config, log);
  surroundings.met(twin);
  return twin;
}).catch((error: unknown) => {
  surroundings.write(`ERROR ${messageOf(error)}`);
  process.exit(error instanceof TwindnsError ? error.exitCode : 1);
});

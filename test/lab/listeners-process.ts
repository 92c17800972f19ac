// listeners-process — `twindns run` as a child that is told over its channel what else it is to serve: each message is a list of
// endpoints, and is answered when they are served.

import { Twin } from '../../ha/twin.ts';
import type { Endpoint } from '../../src/config.ts';
import { readOptions } from '../../src/options/options.ts';
import { run } from '../../src/run.ts';

const flags = JSON.parse(process.argv[2]!) as Record<string, string>;
const running = await run(readOptions(flags, {}), (config, log) => new Twin(config, log));
process.on('message', (endpoints: Endpoint[]) => {
  try {
    running?.setListeners(endpoints);
    process.send!({});
  } catch (error) {
    process.send!({ failed: String(error) });
  }
});
process.send!({});

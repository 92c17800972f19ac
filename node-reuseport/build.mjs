// build — compiles the addon with node-gyp against the headers beside the Node binary, so that nothing is downloaded.

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const prefix = dirname(dirname(process.execPath));
const beside = existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined;
const headers = beside ?? process.env.npm_config_nodedir;
if (headers === undefined) {
  process.stderr.write(
    `node-reuseport could not be compiled: there are no headers in ${prefix}/include/node. ` +
      'Take Node.js from an archive that has them, or name their folder in npm_config_nodedir.\n',
  );
  process.exit(1);
}
const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
// npm hands its own configuration on in the environment; a nodedir from there would win over the headers found here.
const env = { ...process.env };
delete env.npm_config_nodedir;
const args = [gyp, 'rebuild', '--loglevel=error', `--nodedir=${headers}`, ...process.argv.slice(2)];
const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: here, env, encoding: 'utf8' });
if (status !== 0) {
  process.stderr.write(
    `${stdout}${stderr}\nnode-reuseport could not be compiled; it needs a C compiler, make and python3.\n`,
  );
  process.exit(1);
}
// What is built here is what shall be loaded, and index.js prefers what is stored.
rmSync(join(here, 'prebuilds', `${process.platform}-${process.arch}`), { recursive: true, force: true });

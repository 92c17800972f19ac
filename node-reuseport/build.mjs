// build — compiles the addon with node-gyp against the headers beside the Node binary, so that nothing is downloaded.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const prefix = dirname(dirname(process.execPath));
const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
// npm hands its own configuration on in the environment; a nodedir from there would win over the headers found here.
const env = { ...process.env };
if (headers.length > 0) delete env.npm_config_nodedir;
const args = [gyp, 'rebuild', '--loglevel=error', ...headers, ...process.argv.slice(2)];
const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: here, env, encoding: 'utf8' });
if (status !== 0) {
  process.stderr.write(
    `${stdout}${stderr}\nnode-reuseport could not be compiled; it needs a C compiler, make and python3.\n`,
  );
  process.exit(1);
}

// lint — whether all C is formatted as .clang-format says: names what is not, and how to put it right.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('src', import.meta.url));
const files = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
const { error, status } = spawnSync('clang-format', ['--dry-run', '--Werror', ...files], {
  cwd: folder,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (error) {
  process.stderr.write(
    error.code === 'ENOENT'
      ? 'C is not checked: there is no clang-format. On Debian and Ubuntu: apt-get install clang-format\n'
      : `C is not checked: ${error.message}\n`,
  );
} else if (status !== 0) {
  process.stderr.write('C is not formatted. To do that: clang-format -i node-reuseport/src/*.[ch]\n');
}
process.exitCode = error || status !== 0 ? 1 : 0;

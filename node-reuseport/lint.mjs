// lint — whether all C is formatted as .clang-format says: names what is not, and how to put it right.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = ['src', 'test/lab', 'test/fuzz'].flatMap((part) =>
  readdirSync(join(folder, part))
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join(part, name)),
);
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
  process.stderr.write(
    `C is not formatted. To do that: cd node-reuseport && clang-format -i ${files.join(' ')}\n`,
  );
}
process.exitCode = error || status !== 0 ? 1 : 0;

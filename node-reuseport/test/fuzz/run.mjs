// run — fuzzes a target of this package and prints what has come of it as JSON: node run.mjs --list, or TARGET SECONDS SEED [--keep]

import { build, fuzz, targets } from './libfuzzer.mjs';

const [target, seconds, seed] = process.argv.slice(2);
if (target === '--list') {
  process.stdout.write(JSON.stringify(targets));
} else {
  build();
  const row = await fuzz(target, Number(seconds), {
    seed: Number(seed),
    keep: process.argv.includes('--keep'),
  });
  process.stdout.write(JSON.stringify(row));
}

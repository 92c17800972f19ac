// check-alerts — npm run alerts: lets promtool read all rules and queries, and play the drills.

import { drills } from './drills.ts';
import { findPromtool, testRules } from './promtool.ts';

const promtool = findPromtool(process.env);
if (promtool === undefined) {
  process.stderr.write('no promtool: put it on the PATH, or name it in $PROMTOOL. No rule was tried.\n');
  process.exit(1);
}
process.stdout.write(testRules(promtool));
for (const { name, fires } of drills) process.stdout.write(`${name}: ${fires.join(', ') || 'none fires'}\n`);

// main — npm run simulate: schedules one after the other, from a seed on; or one of them, told as a story.

import { writeFileSync } from 'node:fs';
import { Coverage } from './coverage.ts';
import { makeImage } from './image.ts';
import { type Options, parseOptions, UsageError } from './options.ts';
import { pictureOf } from './picture.ts';
import { runSchedule, type ScheduleOptions } from './schedule.ts';
import { shrink } from './shrink.ts';

/** Milliseconds between two lines. */
const TOLD = 5000;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.text !== undefined) process.stdout.write(options.text);
  else if (options.story || options.shrink || options.picture !== undefined)
    process.exitCode = await tell(options);
  else process.exitCode = await simulate(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

// ---------------------------------------------------------------------------------------------------------------------

async function tell({ seed, failing, shrink: isShrunk, picture }: Options): Promise<number> {
  const image = await makeImage();
  const whole: ScheduleOptions = { seed, failing, tells: true };
  const { options, outcome } = isShrunk
    ? shrink(image, { seed, failing })
    : { options: whole, outcome: runSchedule(image, whole) };
  const { story, wrong, digest, ledger, took } = outcome;
  if (picture !== undefined) writeFileSync(picture, pictureOf(story.told, ledger.queries, took));
  else process.stdout.write(`${story.text}\ndigest ${digest.toString(16)}\n`);
  if (isShrunk && wrong.length > 0) {
    const { without = new Set(), queries, calm = false } = options;
    process.stdout.write(
      `without disasters ${[...without].join(', ') || 'left out'}, ${queries ?? 'all'} queries${calm ? ', calm' : ''}\n`,
    );
  }
  return wrong.length > 0 ? 1 : 0;
}

async function simulate({ schedules, seed, failing }: Options): Promise<number> {
  const image = await makeImage();
  const begun = performance.now();
  let told = begun;
  let failed = 0;
  let disasters = 0;
  let queries = 0;
  let excused = 0;
  const coverage = new Coverage();
  for (let done = 0; done < schedules; ) {
    const outcome = runSchedule(image, { seed: seed + done, failing });
    done++;
    disasters += outcome.struck;
    queries += outcome.queries;
    excused += outcome.excused;
    coverage.add(outcome.coverage);
    if (outcome.wrong.length > 0) {
      failed++;
      process.stdout.write(`seed ${outcome.seed}: ${outcome.wrong.join('; ')}\n`);
    }
    const now = performance.now();
    if (done < schedules && now - told < TOLD) continue;
    told = now;
    const rate = (done * 1000) / (now - begun);
    process.stdout.write(
      `${done} schedules, ${rate.toFixed(1)} a second; ${disasters} disasters, ${queries} queries, ${excused} of them excused; ${failed} went wrong\n`,
    );
  }
  process.stdout.write(
    `\nPairs of states that were seen, ${coverage.fields}; rows are the primary's, columns the secondary's:\n${coverage.text}\n`,
  );
  return failed > 0 ? 1 : 0;
}

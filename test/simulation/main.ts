// main — npm run simulate: schedules one after the other, from a seed on; or one of them, told as a story.

import { makeImage } from './image.ts';
import { parseOptions, UsageError } from './options.ts';
import { runSchedule } from './schedule.ts';

/** Milliseconds between two lines. */
const TOLD = 5000;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.text !== undefined) process.stdout.write(options.text);
  else process.exitCode = options.story ? await tell(options.seed) : await simulate(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

// ---------------------------------------------------------------------------------------------------------------------

async function tell(seed: number): Promise<number> {
  const { story, wrong, digest } = runSchedule(await makeImage(), { seed, tells: true });
  process.stdout.write(`${story.text}\ndigest ${digest.toString(16)}\n`);
  return wrong.length > 0 ? 1 : 0;
}

async function simulate({
  schedules,
  seed,
}: {
  readonly schedules: number;
  readonly seed: number;
}): Promise<number> {
  const image = await makeImage();
  const begun = performance.now();
  let told = begun;
  let failed = 0;
  let disasters = 0;
  let queries = 0;
  let excused = 0;
  for (let done = 0; done < schedules; ) {
    const outcome = runSchedule(image, { seed: seed + done });
    done++;
    disasters += outcome.struck;
    queries += outcome.queries;
    excused += outcome.excused;
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
  return failed > 0 ? 1 : 0;
}

// mutations.test — each fault that is put into the code is found, by schedules that are few.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeImage } from './image.ts';
import { mutations } from './mutations.ts';
import { runSchedule } from './schedule.ts';

/** Each is found within so many schedules of any seed; here it is looked for from the one on that has shown it. */
const SCHEDULES = 10_000;

for (const { name, patches, seed } of mutations)
  test(`it is found that ${name}`, async () => {
    const image = await makeImage(patches);
    for (let done = 0; done < SCHEDULES; done++)
      if (runSchedule(image, { seed: seed + done }).wrong.length > 0) return;
    assert.fail(`${SCHEDULES} schedules find nothing`);
  });

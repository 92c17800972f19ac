// frame.test — the axis of time has no label twice, however short the run was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeScale, timeUnit } from '../../../chaos/report/frame.ts';

test('labels of time are whole seconds or minutes, each once', () => {
  for (const longest of [1, 400, 1500, 2500, 4200, 59_000, 299_000, 301_000, 3_600_000]) {
    const labels = timeScale(longest).ticks.map((tick) => tick / timeUnit(longest));
    assert.deepEqual(
      labels.map((label) => Math.round(label)),
      labels,
      String(longest),
    );
    assert.equal(new Set(labels).size, labels.length);
    assert.ok(labels.length <= 7);
  }
});

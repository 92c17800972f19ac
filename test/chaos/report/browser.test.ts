// browser.test — a real browser shows the report: its pictures, red only for losses, light and dark, and asks nobody else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderReport } from '../../../chaos/report/report.ts';
import { lookAt } from './browser.ts';
import { countPixels, type Picture } from './png.ts';
import { sampleRun, withoutLoss } from './sample-run.ts';

const run = sampleRun();
const desktop = { width: 1240, height: 2600 };

/** What a page that shows the report has and a blank one lacks; an empty list if all is there. */
function missing(picture: Picture): string[] {
  const [red, green, blue] = picture.pixels;
  const drawn = countPixels(picture, (r, g, b) => r !== red || g !== green || b !== blue);
  const teal = countPixels(picture, (r, g, b) => g > 100 && g - r > 70 && Math.abs(g - b) < 40);
  return [
    ...(drawn < picture.pixels.length / picture.channels / 50 ? ['anything drawn'] : []),
    ...(teal < 1000 ? ['the lines of twindns'] : []),
  ];
}

function redPixels(picture: Picture): number {
  return countPixels(picture, (r, g, b) => r > 180 && r - g > 100 && r - b > 100);
}

test('the report is drawn, with the losses in red, and needs one request', async () => {
  // The sums say no loss, so that red can come from the pictures alone.
  const outcomes = run.outcomes.map((outcome) => ({ ...withoutLoss(outcome), timeline: outcome.timeline }));
  const { picture, requests } = await lookAt(renderReport({ ...run, outcomes }), desktop);
  assert.deepEqual([picture.width, picture.height], [desktop.width, desktop.height]);
  assert.deepEqual(missing(picture), []);
  assert.ok(redPixels(picture) > 1000, `${redPixels(picture)} red pixels`);
  assert.deepEqual(requests, ['report.example/page']);
});

test('in the dark and without losses, nothing but the legend is red', async () => {
  const clean = { ...run, outcomes: run.outcomes.map(withoutLoss) };
  const { picture } = await lookAt(renderReport(clean), { ...desktop, dark: true });
  assert.ok(Math.max(...picture.pixels.subarray(0, 3)) < 40, 'the paper is dark');
  assert.deepEqual(missing(picture), []);
  assert.ok(redPixels(picture) < 100, `${redPixels(picture)} red pixels`);
});

test('a blank page and a page that asks elsewhere would be noticed', async () => {
  const page = '<!doctype html><img alt="" src="http://elsewhere.example/pixel.png">';
  const { picture, requests } = await lookAt(page, { width: 600, height: 600 });
  assert.equal(missing(picture).length, 2);
  assert.ok(requests.includes('elsewhere.example/pixel.png'), requests.join());
});

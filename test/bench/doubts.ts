// doubts — reasons not to trust a number of this run, as sentences: losses, missed rates, wrong answers, noise.

import type { Figure, Sample } from './figures.ts';
import type { Row } from './statistics.ts';

const tolerated = {
  lostShare: 0.001,
  rateShare: 0.97,
  /** High minus low over the median: more than this and the machine was busy with something else. */
  spread: 0.25,
  /** Upstream CPU per answer: hits must cause almost none, a miss cannot cost the upstream less. */
  upstreamMicrosOfHit: 0.5,
  upstreamMicrosOfMiss: 1,
};

export function doubts(
  samples: readonly Sample[],
  rows: readonly Row[],
  figures: readonly Figure[],
): string[] {
  const found = new Map<string, number>();
  for (const sample of samples) {
    for (const complaint of complaints(sample)) {
      const sentence = `${sample.measure}: ${sample.server} ${complaint}`;
      found.set(sentence, (found.get(sentence) ?? 0) + 1);
    }
  }
  const sentences = [...found].map(([sentence, times]) =>
    times > 1 ? `${sentence} (${times} rounds)` : sentence,
  );
  for (const row of rows) {
    const figure = figures.find(({ id }) => id === row.figure);
    // Tails and starts vary by nature; the spread of CPU time is what tells of a noisy machine.
    if (figure?.value !== 'micros') continue;
    const spread = (row.high - row.low) / row.median;
    if (spread > tolerated.spread) {
      sentences.push(`${row.figure}: ${row.server} varied by ${Math.round(spread * 100)} % between rounds`);
    }
  }
  return sentences;
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function complaints({ measure, values }: Sample): string[] {
  const { answered, lost, failed, rate, qps, upstreamMicros } = values;
  const found: string[] = [];
  if (answered !== undefined && lost !== undefined && lost > tolerated.lostShare * (answered + lost)) {
    found.push('lost more than 0.1 % of the queries');
  }
  if (failed !== undefined && failed > 0) found.push('gave answers other than NOERROR');
  if (rate !== undefined && rate > 0 && qps !== undefined && qps < tolerated.rateShare * rate) {
    found.push(`did not keep up with ${rate} queries a second`);
  }
  const isMiss = measure === 'miss' || measure === 'miss-paced';
  if (upstreamMicros !== undefined) {
    if (isMiss && upstreamMicros < tolerated.upstreamMicrosOfMiss) found.push('did not ask upstream');
    if (!isMiss && upstreamMicros > tolerated.upstreamMicrosOfHit) found.push('asked upstream for hits');
  }
  return found;
}

// picture — one schedule drawn: a lane for each process from its start to its end, what happens to it, and the queries below.

import type { Told } from './story.ts';
import type { Query } from './world/ledger.ts';

const WIDTH = 900;
const LEFT = 110;
const LANE = 42;
const TOP = 30;
/** Characters of a mark's text. */
const LONGEST = 22;

/** What is marked in a lane, by the first word of what is told. */
const marks: Readonly<Record<string, string>> = {
  kill: '#c0392b',
  stop: '#d68910',
  wait: '#d68910',
  term: '#2471a3',
  replace: '#2471a3',
  cut: '#7d3c98',
  fail: '#7d3c98',
  start: '#1e8449',
};

export function pictureOf(told: readonly Told[], queries: readonly Query[], took: number): string {
  const names = [...new Set(told.flatMap(({ name }) => name ?? []))];
  const x = (at: number) => LEFT + ((WIDTH - LEFT - 20) * at) / took;
  const y = (lane: number) => TOP + lane * LANE;
  const lanes = names.flatMap((name, lane) => laneOf(name, told, x, y(lane), took));
  const bottom = y(names.length);
  const points = queries.flatMap(({ sentAt, answeredAt }) => [
    `<circle cx="${x(sentAt).toFixed(1)}" cy="${bottom}" r="2" class="asked"/>`,
    ...(answeredAt === undefined
      ? []
      : [`<circle cx="${x(answeredAt).toFixed(1)}" cy="${bottom + 14}" r="2" class="answered"/>`]),
  ]);
  const height = bottom + 50;
  const axis = Array.from({ length: 6 }, (_, i) => (took * i) / 5).map(
    (at) => `<text x="${x(at).toFixed(1)}" y="${height - 8}" class="time">${Math.round(at)} ms</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    '<title>One schedule: processes, what happens to them, and queries</title>',
    '<style>text{fill:#333}.time{fill:#777;text-anchor:middle}.life{stroke:#555;stroke-width:3}.asked{fill:#2471a3}.answered{fill:#1e8449}.stopped{stroke:#d68910;stroke-width:7;opacity:.5}@media (prefers-color-scheme:dark){text{fill:#ccc}.life{stroke:#999}}</style>',
    ...lanes,
    `<text x="8" y="${bottom + 4}">asked</text><text x="8" y="${bottom + 18}">answered</text>`,
    ...points,
    ...axis,
    '</svg>',
    '',
  ].join('\n');
}

// ---------------------------------------------------------------------------------------------------------------------

function laneOf(
  name: string,
  told: readonly Told[],
  x: (at: number) => number,
  y: number,
  took: number,
): string[] {
  const own = told.filter((one) => one.name === name);
  const begun = own[0]!.at;
  const end = own.find(({ what }) => what === 'is gone')?.at ?? took;
  const line = (from: number, to: number, kind: string) =>
    `<line x1="${x(from).toFixed(1)}" y1="${y}" x2="${x(to).toFixed(1)}" y2="${y}" class="${kind}"/>`;
  const stops = own.flatMap(({ at, what }) => {
    if (!what.startsWith('stop ')) return [];
    const until =
      own.find((one) => one.at > at && what !== one.what && one.what === 'is continued')?.at ?? end;
    return [line(at, until, 'stopped')];
  });
  let count = 0;
  const shown = own.flatMap(({ at, what }) => {
    const [word = ''] = what.split(' ');
    const colour = marks[word];
    if (colour === undefined) return [];
    const text = what.replace(/ while .* is in /, ': ').slice(0, LONGEST);
    const beside = count++ % 2 === 0 ? y - 7 : y + 15; // those that are near each other do not cover each other

    return [
      `<circle cx="${x(at).toFixed(1)}" cy="${y}" r="5" fill="${colour}"/>`,
      `<text x="${(x(at) + 7).toFixed(1)}" y="${beside}">${escaped(text)}</text>`,
    ];
  });
  return [`<text x="8" y="${y + 4}">${name}</text>`, line(begun, end, 'life'), ...stops, ...shown];
}

function escaped(text: string): string {
  return text.replace(/[<&>]/g, '');
}

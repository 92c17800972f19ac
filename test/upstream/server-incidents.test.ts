// server-incidents.test — the log names the server, since when, how much, why and what to do; and says when it is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../../src/log/log.ts';
import type { FailureReason } from '../../src/status.ts';
import { ServerIncidents } from '../../src/upstream/server-incidents.ts';
import { ServerRecord } from '../../src/upstream/server-record.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Fields;
}

/** Two servers of the root, one of the cluster, asked twenty questions a second each. */
class Stage {
  now = 1_000_000;
  readonly lines: Line[] = [];
  readonly counters = {
    zone: 'cluster.local.',
    responses: new Float64Array(16),
    servedStale: new Float64Array(1),
  };
  readonly servers = ['10.7.0.1:53', '10.7.0.2:53', '10.7.0.10:53'].map(
    (endpoint) => new ServerRecord(endpoint, 'udp', this.now, this.now - 25_000),
  );
  zones = [
    { name: '.', records: this.servers.slice(0, 2) },
    { name: 'cluster.local.', records: this.servers.slice(2) },
  ];
  readonly #incidents: ServerIncidents;

  constructor() {
    const write =
      (level: string) =>
      (message: string, fields: Fields = {}) =>
        void this.lines.push({ level, message, fields });
    this.#incidents = new ServerIncidents({
      log: { info: write('info'), warn: write('warn'), error: write('error') },
      now: () => this.now,
      zones: () => this.zones,
      counters: () => [this.counters],
    });
  }

  /** So many seconds; of each server what comes of its questions. */
  pass(seconds: number, ...outcomes: readonly (FailureReason | number | 'mixed')[]): void {
    for (let i = 0; i < 20 * seconds; i++) {
      for (const [server, outcome] of outcomes.entries()) {
        const record = this.servers[server]!;
        const came = outcome === 'mixed' ? (i % 5 === 0 ? 'timeout' : 2) : outcome;
        record.sent(this.now);
        if (came !== 'timeout') record.answered(this.now, typeof came === 'number' ? came : 2);
        if (typeof came === 'number') record.served(this.now);
        else record.failed(this.now, came, this.now);
      }
      this.now += 50;
      if (i % 5 !== 0) continue;
      for (const record of this.servers) record.look(this.now);
      this.#incidents.look();
    }
  }
}

test('a server that falls silent is told of with its reason, and who is asked instead; then that it is back', () => {
  const stage = new Stage();
  stage.pass(10, 2, 2, 2);
  assert.deepEqual(
    stage.lines.map(({ message }) => message),
    ['all upstreams answer'],
  );
  stage.pass(10, 'timeout', 2, 2);
  const [, line] = stage.lines;
  assert.match(line!.message, /^an upstream does not answer: look whether it runs/);
  const { to, zones, reason, instead } = line!.fields;
  assert.deepEqual([to, zones, reason, instead], ['10.7.0.1:53/udp', '.', 'timeout', '10.7.0.2:53/udp']);
  stage.pass(10, 2, 2, 2);
  assert.deepEqual(
    stage.lines.slice(2).map(({ level, message, fields }) => [level, message, fields.to]),
    [['info', 'an upstream is well again', '10.7.0.1:53/udp']],
  );
});

test('garbage, FORMERR and SERVFAIL are failures with a name; a closed port is one', () => {
  for (const reason of ['malformed', 'formerr', 'servfail', 'refused'] as const) {
    const stage = new Stage();
    stage.pass(10, 2, 2, 2);
    stage.pass(10, reason, 2, 2);
    const warnings = stage.lines.filter(({ level }) => level === 'warn');
    assert.deepEqual(
      warnings.map(({ fields }) => [fields.to, fields.reason]),
      [['10.7.0.1:53/udp', reason]],
    );
  }
});

test('a slow server is told of with what it takes and what is usual', () => {
  const stage = new Stage();
  stage.pass(30, 2, 2, 1.4);
  stage.pass(40, 2, 2, 1500);
  const line = stage.lines.find(({ level }) => level === 'warn');
  assert.match(line!.message, /^an upstream is slow/);
  assert.match(`${line!.fields.median} ${line!.fields.usual}`, /^1[345]\d\d(\.\d)? ms 1(\.\d)? ms$/);
});

test('where every server loses answers it is the network, in one line', () => {
  const stage = new Stage();
  stage.pass(10, 2, 2, 2);
  stage.pass(30, 'mixed', 'mixed', 'mixed');
  const warnings = stage.lines.filter(({ level }) => level === 'warn');
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!.message, /^every upstream loses answers/);
  assert.match(String(warnings[0]!.fields.upstreams), /10\.7\.0\.10:53\/udp \d+ %/);
});

test('a zone that no server answers is an error, with how much it costs', () => {
  const stage = new Stage();
  stage.pass(10, 2, 2, 2);
  for (let i = 0; i < 8; i++) {
    stage.counters.responses[2]! += 50;
    stage.counters.servedStale[0]! += 30;
    stage.pass(1, 2, 2, 'timeout');
  }
  const [line] = stage.lines.filter(({ level }) => level === 'error');
  assert.match(line!.message, /^a zone cannot be answered/);
  const { zone, upstreams, servfail, stale } = line!.fields;
  assert.deepEqual([zone, upstreams, servfail, stale], ['cluster.local.', 1, '50/s', '30/s']);
  stage.pass(10, 2, 2, 2);
  assert.ok(
    stage.lines.some(({ message, fields }) => message === 'a zone is answered again' && fields.zone === zone),
  );
});

test('a zone without any server is an error, too', () => {
  const stage = new Stage();
  stage.zones = [{ name: '.', records: [] }];
  stage.pass(8, 2);
  assert.match(stage.lines[0]!.message, /^a zone has no upstream/);
});

test('ten minutes of ordinary load, with slow names and some losses, have no warning', () => {
  const stage = new Stage();
  for (let i = 0; i < 600; i++) {
    stage.pass(1, 2, 8, i % 60 === 30 ? 'mixed' : 2);
    for (const record of stage.servers) {
      record.sent(stage.now);
      if (i % 9 === 0) record.failed(stage.now, 'timeout', stage.now);
      else record.answered(stage.now, 900);
    }
  }
  assert.deepEqual(
    stage.lines.map(({ message }) => message),
    ['all upstreams answer'],
  );
});

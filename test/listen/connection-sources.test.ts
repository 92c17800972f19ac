// connection-sources.test — whose connection makes room: that idle longest of the source with the most.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionSources, type SourcedConnection } from '../../src/listen/connection-sources.ts';

interface Named extends SourcedConnection {
  readonly name: string;
}

function v4(...address: number[]): Uint8Array {
  return Uint8Array.of(2, 0, 0xc0, 0, ...address, ...Array(20).fill(0));
}

function v6(...words: number[]): Uint8Array {
  const address = words.flatMap((word) => [word >> 8, word & 255]);
  return Uint8Array.of(10, 0, 0xc0, 0, 0, 0, 0, 0, ...address, 0, 0, 0, 0);
}

class Trial {
  readonly sources = new ConnectionSources<Named>();

  add(peer: Uint8Array, name: string, active: number, isIdle = true): () => void {
    const connection = { name, active, isIdle };
    const source = this.sources.of(peer);
    this.sources.add(source, connection);
    return () => this.sources.remove(source, connection);
  }

  get next(): string | undefined {
    return this.sources.idlest()?.name;
  }
}

test('the connection idle longest goes, of the source that has most, whichever that is by now', () => {
  const trial = new Trial();
  assert.equal(trial.next, undefined);
  trial.add(v4(10, 0, 0, 1), 'older', 1);
  const ends = [3, 2, 4].map((active) => trial.add(v4(10, 0, 0, 2), `at ${active}`, active));
  assert.equal(trial.next, 'at 2');
  ends[1]!();
  assert.equal(trial.next, 'at 3');
  trial.add(v4(10, 0, 0, 1), 'another', 0);
  trial.add(v4(10, 0, 0, 1), 'a third', 9);
  assert.equal(trial.next, 'another');
  ends[0]!();
  ends[2]!();
  assert.equal(trial.sources.of(v4(10, 0, 0, 2)).all.size, 0);
});

test('a connection with nothing open on it goes before one that is waited for', () => {
  const trial = new Trial();
  trial.add(v4(10, 0, 0, 1), 'waits', 1, false);
  const end = trial.add(v4(10, 0, 0, 1), 'idle', 2);
  assert.equal(trial.next, 'idle');
  end();
  assert.equal(trial.next, 'waits');
});

test('all of 127.0.0.0/8 is one source, and so are the addresses of a /64', () => {
  const trial = new Trial();
  trial.add(v4(10, 0, 0, 1), 'a pod', 1);
  trial.add(v4(127, 0, 0, 1), 'local', 2);
  trial.add(v4(127, 9, 9, 9), 'local, too', 3);
  assert.equal(trial.next, 'local');
  for (const host of [1, 2, 3]) trial.add(v6(0xfd00, 0, 0, 7, 0, 0, 0, host), `host ${host}`, 3 + host);
  trial.add(v6(0xfd00, 0, 0, 8, 0, 0, 0, 1), 'another network', 0);
  assert.equal(trial.next, 'host 1');
});

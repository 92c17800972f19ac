// turns.test — connections with something to do take turns: source by source, and all together a slice of a turn of the loop.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Source } from '../../src/listen/connection-sources.ts';
import { Turns, type TurnTaker } from '../../src/listen/turns.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';

/** Milliseconds a turn takes. */
const EACH = 0.5;

class Trial {
  now = 0;
  readonly taken: string[] = [];
  readonly panics: unknown[] = [];
  readonly #tasks: (() => void)[] = [];
  readonly #next: (() => void)[] = [];
  readonly turns = new Turns(
    {
      later: (task: () => void) => this.#tasks.push(task),
      inNextTurn: (task: () => void) => this.#next.push(task),
    } as unknown as EventLoop,
    () => this.now,
    (error) => this.panics.push(error),
  );

  source(name: string): Source<TurnTaker> {
    return { name, all: new Set(), ready: new Set(), noneLeftUntil: 0 };
  }

  /** A connection that has something to do for so many turns, from now on. */
  busy(source: Source<TurnTaker>, name: string, turns: number): TurnTaker {
    let left = turns;
    const taker = {
      takeTurn: () => {
        this.now += EACH;
        this.taken.push(name);
        return --left > 0;
      },
    };
    this.turns.await(source, taker);
    return taker;
  }

  /** A turn of the loop and its end; what took its turn in it. */
  turn(): string {
    for (const task of [...this.#next.splice(0), ...this.#tasks.splice(0)]) task();
    return this.taken.splice(0).join(' ');
  }
}

describe('connections that have something to do', () => {
  test('take turns within one slice, and go on in the next turn of the loop', () => {
    const trial = new Trial();
    const source = trial.source('one');
    trial.busy(source, 'a', 4);
    trial.busy(source, 'b', 1);
    trial.busy(source, 'c', 2);
    assert.deepEqual([trial.turn(), trial.turn(), trial.turn()], ['a b c a', 'c a a', '']);
  });

  test('of a source with one are as often at it as all of a source with many', () => {
    const trial = new Trial();
    const [many, few] = [trial.source('many'), trial.source('few')];
    for (const name of ['a', 'b', 'c']) trial.busy(many, name, 9);
    trial.busy(few, 'x', 9);
    assert.equal(trial.turn(), 'a x b x');
    trial.turns.stop();
  });

  test('that end take no turn, and those that throw cost no other its turn', () => {
    const trial = new Trial();
    const source = trial.source('one');
    trial.turns.await(source, {
      takeTurn() {
        throw new Error('panic');
      },
    });
    trial.turns.leave(source, trial.busy(source, 'ended', 1));
    trial.busy(source, 'other', 1);
    assert.equal(trial.turn(), 'other');
    assert.equal(trial.panics.length, 1);
  });

  test('take no turn after the end', () => {
    const trial = new Trial();
    trial.busy(trial.source('one'), 'a', 9);
    trial.turn();
    trial.turns.stop();
    assert.equal(trial.turn(), '');
  });
});

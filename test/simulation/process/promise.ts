// promise — promises of one simulated process: what they have to run waits in its own queue, not in that of this program.
//
// Those of the language would run what a suspended or dead process has left in whichever turn comes next.

type Task = () => void;
type Settle = (value: unknown) => void;
type Executor = (resolve: Settle, reject: Settle) => void;
type Handler = ((value: unknown) => unknown) | undefined | null;

interface Reaction {
  readonly fulfilled: Task;
  readonly rejected: Task;
}

/** What `then` of a promise, or of anything like one, is. */
interface Thenable {
  then(fulfilled: Settle, rejected: Settle): unknown;
}

/**
 * A class to be used in place of Promise.
 * @param enqueue has a task run when the process has done what it is doing
 * @param unhandled told of rejections that no code of the process has asked for by then
 */
export function promiseClass(enqueue: (task: Task) => void, unhandled: (error: unknown) => void) {
  return class SimulatedPromise {
    #state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
    #value: unknown;
    #isResolved = false;
    #isHandled = false;
    #reactions: Reaction[] = [];

    constructor(executor: Executor) {
      try {
        executor(
          (value) => this.#resolve(value),
          (error) => this.#rejectOnce(error),
        );
      } catch (error) {
        this.#rejectOnce(error);
      }
    }

    static resolve(value?: unknown): SimulatedPromise {
      return value instanceof SimulatedPromise ? value : new SimulatedPromise((resolve) => resolve(value));
    }

    static reject(error?: unknown): SimulatedPromise {
      return new SimulatedPromise((_, reject) => reject(error));
    }

    static all(values: Iterable<unknown>): SimulatedPromise {
      return new SimulatedPromise((resolve, reject) => {
        const all = [...values];
        const results: unknown[] = new Array(all.length);
        let left = all.length;
        if (left === 0) resolve(results);
        all.forEach((value, i) => {
          SimulatedPromise.resolve(value).then((result) => {
            results[i] = result;
            if (--left === 0) resolve(results);
          }, reject);
        });
      });
    }

    static race(values: Iterable<unknown>): SimulatedPromise {
      return new SimulatedPromise((resolve, reject) => {
        for (const value of values) SimulatedPromise.resolve(value).then(resolve, reject);
      });
    }

    // biome-ignore lint/suspicious/noThenProperty: it is what makes a promise
    then(fulfilled?: Handler, rejected?: Handler): SimulatedPromise {
      this.#isHandled = true;
      return new SimulatedPromise((resolve, reject) => {
        const run = (handler: Handler, otherwise: Settle) => () =>
          enqueue(() => {
            if (typeof handler !== 'function') return otherwise(this.#value);
            try {
              resolve(handler(this.#value));
            } catch (error) {
              reject(error);
            }
          });
        this.#react({ fulfilled: run(fulfilled, resolve), rejected: run(rejected, reject) });
      });
    }

    catch(rejected?: Handler): SimulatedPromise {
      return this.then(undefined, rejected);
    }

    finally(task?: (() => unknown) | null): SimulatedPromise {
      const after = (go: () => unknown) => SimulatedPromise.resolve(task?.()).then(go);
      return this.then(
        (value) => after(() => value),
        (error) => after(() => SimulatedPromise.reject(error)),
      );
    }

    // -----------------------------------------------------------------------------------------------------------------

    #react(reaction: Reaction): void {
      if (this.#state === 'pending') this.#reactions.push(reaction);
      else reaction[this.#state]();
    }

    #resolve(value: unknown): void {
      if (this.#isResolved) return;
      this.#isResolved = true;
      if (isThenable(value))
        enqueue(() => {
          try {
            value.then(
              (result) => this.#settle('fulfilled', result),
              (error) => this.#settle('rejected', error),
            );
          } catch (error) {
            this.#settle('rejected', error);
          }
        });
      else this.#settle('fulfilled', value);
    }

    #rejectOnce(error: unknown): void {
      if (this.#isResolved) return;
      this.#isResolved = true;
      this.#settle('rejected', error);
    }

    #settle(state: 'fulfilled' | 'rejected', value: unknown): void {
      if (this.#state !== 'pending') return;
      this.#state = state;
      this.#value = value;
      for (const reaction of this.#reactions.splice(0)) reaction[state]();
      // Twice behind: what is awaited is asked for by then.
      if (state === 'rejected' && !this.#isHandled)
        enqueue(() =>
          enqueue(() => {
            if (!this.#isHandled) unhandled(value);
          }),
        );
    }
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function isThenable(value: unknown): value is Thenable {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<Thenable>).then === 'function'
  );
}

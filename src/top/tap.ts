// tap — where the path of a query lets watchers look on while there are any. Without one it costs a look whether there is, for a
// batch of datagrams or for a query that does not lie ready.

/** Who looks on. Names are folded wire bytes, one a character; addresses have no port. */
export interface QueryWatcher {
  /** The datagrams of a batch, which lie in the first cells of the arena. */
  batch(count: number): void;
  /** A query by another way. */
  asked(address: string, name: string): void;
  /** It has no answer in the cache. */
  missed(address: string, name: string): void;
  /** It is answered SERVFAIL. */
  failed(address: string, name: string): void;
}

export class Tap {
  /** Undefined while none looks on. */
  watcher: QueryWatcher | undefined = undefined;
  #all: readonly QueryWatcher[] = [];

  add(watcher: QueryWatcher): void {
    this.#set([...this.#all, watcher]);
  }

  remove(watcher: QueryWatcher): void {
    this.#set(this.#all.filter((other) => other !== watcher));
  }

  // -------------------------------------------------------------------------------------------------------------------

  #set(all: readonly QueryWatcher[]): void {
    this.#all = all;
    this.watcher = all.length > 1 ? together(all) : all[0];
  }
}

function together(all: readonly QueryWatcher[]): QueryWatcher {
  const each =
    (event: 'asked' | 'missed' | 'failed') =>
    (address: string, name: string): void => {
      for (const one of all) one[event](address, name);
    };
  return {
    batch(count) {
      for (const one of all) one.batch(count);
    },
    asked: each('asked'),
    missed: each('missed'),
    failed: each('failed'),
  };
}

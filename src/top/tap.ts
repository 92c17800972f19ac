// tap — where the path of a query lets a watcher look on while there is one. Without one it costs a look whether there is, for a
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
  watcher: QueryWatcher | undefined = undefined;
}

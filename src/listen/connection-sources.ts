// connection-sources — whose connections there are: how many each source has, which of them makes room for another, and in
// which order those that have something to do take their turns.

import { clientSource } from './client-source.ts';

/** What is known of a connection here. */
export interface SourcedConnection {
  /** Whether nothing is waited for on it, neither by its client nor by us. */
  readonly isIdle: boolean;
  /** When something last happened on it, milliseconds of the monotonic clock. */
  readonly active: number;
}

/** The connections of one source. */
export interface Source<Connection> {
  readonly name: string;
  readonly all: Set<Connection>;
  /** Those that have something to do, in the order of their turns. */
  readonly ready: Set<Connection>;
  /** None of them can be ended before, milliseconds of the monotonic clock: not to be looked for at each newcomer. */
  noneLeftUntil: number;
}

export class ConnectionSources<Connection extends SourcedConnection> {
  readonly #sources = new Map<string, Source<Connection>>();
  /** Sources by how many connections they have. */
  readonly #bySize: (Set<Source<Connection>> | undefined)[] = [];

  /** The source of a client. @param peer its sockaddr */
  of(peer: Uint8Array): Source<Connection> {
    const name = clientSource(peer);
    return this.#sources.get(name) ?? { name, all: new Set(), ready: new Set(), noneLeftUntil: 0 };
  }

  add(source: Source<Connection>, connection: Connection): void {
    this.#sources.set(source.name, source);
    this.#resize(source, () => source.all.add(connection));
  }

  remove(source: Source<Connection>, connection: Connection): void {
    this.#resize(source, () => source.all.delete(connection));
    if (source.all.size === 0) this.#sources.delete(source.name);
  }

  /** The connection that makes room: of the source with the most connections, unless one is given. */
  idlest(source = this.#largest()): Connection | undefined {
    let found: Connection | undefined;
    for (const connection of source?.all ?? []) {
      if (found === undefined || isBefore(connection, found)) found = connection;
    }
    return found;
  }

  /** The sources that have more connections than that. */
  above(size: number): readonly Source<Connection>[] {
    return this.#bySize.slice(size + 1).flatMap((sources) => [...(sources ?? [])]);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #largest(): Source<Connection> | undefined {
    const [source] = this.#bySize.at(-1) ?? [];
    return source;
  }

  #resize(source: Source<Connection>, change: () => void): void {
    const sizes = this.#bySize;
    sizes[source.all.size]?.delete(source);
    change();
    const { size } = source.all;
    sizes[size] ??= new Set();
    if (size > 0) sizes[size].add(source);
    while (sizes.length > 0 && (sizes.at(-1)?.size ?? 0) === 0) sizes.pop();
  }
}

function isBefore(one: SourcedConnection, other: SourcedConnection): boolean {
  return one.isIdle === other.isIdle ? one.active < other.active : one.isIdle;
}

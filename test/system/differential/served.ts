// served — a Corefile as both servers are started with it, and what of it is asked for.

export interface Served {
  readonly name: string;
  readonly corefile: string;
  /** Each is asked for by itself and with the labels of the upstream before it. */
  readonly zones: readonly string[];
  /** Asked for as they are. */
  readonly names?: readonly string[];
  readonly ports?: readonly number[];
  /** Addresses of clients; 127.0.0.1 unless given. */
  readonly clients?: readonly string[];
}

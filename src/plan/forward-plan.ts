// forward-plan — which servers are asked for names below a suffix, and in which manner.

import type { Endpoint } from '../config.ts';

export interface ForwardPlan {
  /** It takes names at or below this one … */
  readonly from: string;
  /** … but none at or below these. */
  readonly except: readonly string[];
  readonly servers: readonly ServerPlan[];
  /** resolv.conf-like files that more servers are read from, and read again when they change; they come before `servers`. */
  readonly files: readonly string[];
  /** client: the one the client came by. */
  readonly transport: 'client' | 'udp' | 'tcp';
  /**
   * Which of the servers that are well is asked first: any, each in turn, that which was given first. Then each answers as well as
   * another, and may be asked soon. But of sequential ones the first speaks for all, and the next is asked when that has failed, or has
   * not answered within `readTimeout`.
   */
  readonly policy: 'random' | 'round_robin' | 'sequential' | 'in_turn';
  /** Failed probes in a row after which a server is down; 0: it never is. */
  readonly maxFails: number;
  readonly health: {
    /** Milliseconds between probes of a server that has failed. */
    readonly interval: number;
    readonly recursionDesired: boolean;
    readonly domain: string;
  };
  /** Milliseconds after which an idle connection is closed. */
  readonly expire: number;
  /** Milliseconds after which a connection takes no more questions; 0: as long as it is thought right. */
  readonly maxAge: number;
  /** Milliseconds for an answer of one server. */
  readonly readTimeout: number;
  /** Questions under way beyond which more are REFUSED; 0: no bound but the instance's. */
  readonly maxConcurrent: number;
  /** Answers with these response codes, or NOERROR without records where that is asked for, are left to the next forward … */
  readonly next: readonly number[];
  readonly nextOnNodata: boolean;
  /** … or to the next server of this one. */
  readonly failover: readonly number[];
  /** While all servers are down none is tried. */
  readonly failFast: boolean;
  readonly tls: TlsPlan | undefined;
}

export interface ServerPlan {
  readonly endpoint: Endpoint;
  /** dns: over UDP or TCP, as the forward says; tls: RFC 7858. */
  readonly protocol: 'dns' | 'tls';
  /** The name its certificate has to have, where the forward gives none. */
  readonly serverName: string | undefined;
}

/** Paths of PEM files; checked when the plan is made. */
export interface TlsPlan {
  readonly serverName: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

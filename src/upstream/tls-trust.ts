// tls-trust — the certificates of a forward: those it believes, and its own; read, and node:tls with them, when the plan comes. That
// takes 4 MiB and 30 ms: no plan pays it that does not ask for TLS, and servers share what is read.

import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import type { TlsPlan } from '../plan/forward-plan.ts';

/** Where systems keep the authorities they trust; the first that is there, else those that Node brings along. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Paths of PEM files; undefined: what the system trusts, and no certificate of ours. */
export type Certificates = Pick<TlsPlan, 'ca' | 'cert' | 'key'>;

/** Begins TLS on a TCP connection that stands; `fd` is the socket's from then on. Throws nothing. */
export type Secure = (fd: number, peer: Peer) => TLSSocket;

export interface Peer {
  readonly address: string;
  /** The name its certificate has to have; undefined: its address. */
  readonly serverName: string | undefined;
  /** Of an earlier connection, so that this one begins faster (RFC 8446 section 2.2). */
  readonly ticket: Buffer | undefined;
}

/** What is in the files. */
interface Pem {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export class TlsTrust {
  readonly #certificates: Certificates;
  #loading: Promise<Secure> | undefined = undefined;
  #loaded: Secure | undefined = undefined;

  /** Reads the files: later an instance may be a user that may not. */
  constructor(certificates: Certificates) {
    this.#certificates = certificates;
    this.load().catch(() => {}); // told when a connection needs it
  }

  /** Rejects with an Error when a file cannot be read or is no certificate; the next call reads again. What was read before holds. */
  load(): Promise<Secure> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      if (this.#loaded === undefined) throw error;
      return this.#loaded;
    });
    return this.#loading;
  }

  /** Reads again before the next connection: the files may have been replaced, as certificates are. */
  readAgain(): void {
    this.#loading = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #load(): Promise<Secure> {
    this.#loaded = await loadSecure(readPem(this.#certificates));
    return this.#loaded;
  }
}

function readPem({ ca, cert, key }: Certificates): Pem {
  const authorities = ca === undefined ? systemAuthorities() : readFileSync(ca);
  const hasOwn = cert !== undefined && key !== undefined;
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(hasOwn ? { cert: readFileSync(cert), key: readFileSync(key) } : {}),
  };
}

async function loadSecure(pem: Pem): Promise<Secure> {
  const [{ connect, createSecureContext }, { isIP, Socket }] = await Promise.all([
    import('node:tls'),
    import('node:net'),
  ]);
  const secureContext = createSecureContext({ ...pem, minVersion: 'TLSv1.2' }); // RFC 9325 section 3.1.1
  return (fd, { address, serverName, ticket }) =>
    connect({
      socket: new Socket({ fd, readable: true, writable: true }),
      secureContext,
      host: address.replace(/%.*$/, ''),
      // An address is looked for in the certificate, but has no place in the greeting (RFC 6066 section 3).
      ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
      ...(ticket === undefined ? {} : { session: ticket }),
    });
}

function systemAuthorities(): Buffer | undefined {
  for (const path of SYSTEM_AUTHORITIES) {
    try {
      return readFileSync(path);
    } catch {
      // Another system has them elsewhere.
    }
  }
  return undefined;
}

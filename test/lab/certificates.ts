// certificates — an authority and what it signs, made anew by openssl; gone when the test ends.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates {
  /** The authority's, as a path. */
  readonly ca: string;
  /** The good one, as paths. */
  readonly own: { readonly cert: string; readonly key: string };
  readonly good: Pair;
  /** Its last day was yesterday. */
  readonly expired: Pair;
  /** Signed by nobody but itself. */
  readonly selfSigned: Pair;
}

/** In PEM form. */
export interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** @param name of all of them, `DNS:dns.node.test` or `IP:127.0.0.1` */
export function makeCertificates(t: { after(end: () => void): void }, name: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-certificates-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const openssl = (words: string) =>
    execFileSync('openssl', words.split(' '), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const named = `-subj /CN=server -addext subjectAltName=${name}`;
  const pair = (of: string): Pair => ({
    cert: readFileSync(join(folder, `${of}.pem`)),
    key: readFileSync(join(folder, 'server.key')),
  });
  const sign = (as: string, days: number) =>
    openssl(
      `x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days ${days} -out ${as}.pem`,
    );
  openssl(`req -x509 ${newKey} -keyout ca.key -out ca.pem -subj /CN=authority -days 2`);
  openssl(`req ${newKey} -keyout server.key -out server.csr ${named}`);
  sign('good', 2);
  sign('expired', -1);
  openssl(`req -x509 -key server.key -out self.pem -days 2 ${named}`);
  const own = { cert: join(folder, 'good.pem'), key: join(folder, 'server.key') };
  return {
    ca: join(folder, 'ca.pem'),
    own,
    good: pair('good'),
    expired: pair('expired'),
    selfSigned: pair('self'),
  };
}

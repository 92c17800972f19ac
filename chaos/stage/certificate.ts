// certificate — a key and the certificate of a server over TLS, which is its own authority.

import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';

export interface Certificate {
  /** A path: the key and the certificate. */
  readonly whole: string;
  /** The certificate alone, a PEM text. */
  readonly authority: string;
}

/** @param folder where it is written @throws Error where there is no openssl */
export function makeCertificate(folder: string, name: string): Certificate {
  const whole = `${folder}/tls.pem`;
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${whole} -out ${folder}/ca.pem -days 2 -subj /CN=${name} -addext subjectAltName=DNS:${name}`;
  execFileSync('openssl', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
  const authority = readFileSync(`${folder}/ca.pem`, 'utf8');
  appendFileSync(whole, authority);
  return { whole, authority };
}

// browser — shows a page in headless Chromium: what it looks like, and what it asked the network for.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodePng, type Picture } from './png.ts';

export interface Look {
  readonly picture: Picture;
  /** Host and path of what the page asked for, itself first. */
  readonly requests: readonly string[];
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
}

/** Every name leads to our server, so that a page cannot ask anybody else without our seeing it. */
export async function lookAt(html: string, { width, height, dark = false }: View): Promise<Look> {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-report-'));
  const requests: string[] = [];
  const server = createServer(({ headers, url }, reply) => {
    // Chromium asks for things of its own, such as updates; those have no referrer.
    if (url === '/page' || headers.referer?.startsWith('http://report.example/'))
      requests.push(`${headers.host}${url}`);
    reply.writeHead(url === '/page' ? 200 : 404, { 'content-type': 'text/html' });
    reply.end(url === '/page' ? html : '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shot = join(folder, 'shot.png');
  try {
    await promisify(execFile)(
      'chromium',
      [
        '--headless',
        '--no-sandbox', // tests may run as root
        '--disable-gpu',
        '--hide-scrollbars',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
        `--user-data-dir=${join(folder, 'profile')}`,
        `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
        `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
        `--window-size=${width},${height}`,
        `--screenshot=${shot}`,
        'http://report.example/page',
      ],
      { timeout: 30_000 },
    );
    return { picture: decodePng(readFileSync(shot)), requests };
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

// admin — what an instance tells about itself over HTTP: /metrics, /health, /ready, /status.
//
// Each instance has a port of its own: through a shared one the kernel would pick which one answers. prom-client is loaded by the
// first scrape, since most of its memory is not needed before.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config, Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { bindError, messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { NOTIMP } from '../message/message.ts';
import { flagOf } from '../options/options.ts';
import { Liveness, tickMs } from './liveness.ts';
import type { Metrics } from './metrics.ts';
import { askReadiness } from './readiness.ts';
import { instanceStatus, type Source } from './source.ts';

export interface Admin {
  /** With the port that was given, if 0 was asked for. */
  readonly endpoint: Endpoint;
  /** From now on /ready says no; everything else goes on. */
  announceStop(): void;
  stop(): Promise<void>;
}

/** @throws TwindnsError CANNOT_BIND or NOT_PERMITTED */
export async function startAdmin(config: Config, source: Source, log: Log): Promise<Admin> {
  const liveness = new Liveness(performance.now());
  const state: State = { config, source, log, liveness, stopping: false, metrics: undefined };
  const server = createServer(limits, (request, response) => {
    answer(state, request).then(
      (reply) => send(request, response, reply),
      (error: unknown) => {
        log.error('admin request failed', { path: request.url, err: error });
        send(request, response, text(500, `This request failed: ${messageOf(error)}`));
      },
    );
  });
  server.maxConnections = 64;
  const endpoint = await listen(server, config.admin);
  server.on('error', (error) => log.warn('admin server error', { err: error }));
  const ticking = setInterval(() => liveness.tick(performance.now()), tickMs).unref();
  return {
    endpoint,
    announceStop() {
      state.stopping = true;
    },
    stop() {
      clearInterval(ticking);
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

interface State {
  readonly config: Config;
  readonly source: Source;
  readonly log: Log;
  readonly liveness: Liveness;
  stopping: boolean;
  metrics: Promise<Metrics> | undefined;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const limits = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 75_000, maxHeaderSize: 8192 };

function listen(server: Server, endpoint: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) =>
      reject(bindError(`/metrics and /health at ${formatEndpoint(endpoint)}`, flagOf('admin'), cause));
    server.once('error', refuse);
    server.listen({ host: endpoint.address, port: endpoint.port, exclusive: true }, () => {
      server.off('error', refuse);
      resolve({ address: endpoint.address, port: (server.address() as AddressInfo).port });
    });
  });
}

async function answer(state: State, { method, url = '/' }: IncomingMessage): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'Only GET and HEAD are answered here.');
  switch (url.replace(/\?.*$/, '')) {
    case '/health':
    case '/livez':
      return health(state);
    case '/ready':
    case '/readyz':
      return ready(state);
    case '/status':
      return {
        status: 200,
        type: 'application/json',
        body: `${JSON.stringify(instanceStatus(state.source), null, 2)}\n`,
      };
    case '/metrics':
      return metrics(state);
    default:
      return text(404, 'Not here. There are /metrics, /health (/livez), /ready (/readyz) and /status.');
  }
}

function health({ liveness }: State): Reply {
  const now = performance.now();
  if (liveness.isAlive(now)) return text(200, 'OK');
  return text(
    503,
    `The event loop is stuck: its last tick was ${Math.round(liveness.latenessAt(now))} ms late.`,
  );
}

async function ready({ config, source, stopping }: State): Promise<Reply> {
  if (stopping) return text(503, 'This instance is stopping.');
  const dropped = source.counters.zones.at(-1)!; // what could not be parsed as a question is counted there
  const outcome = await askReadiness(
    { address: config.listen[0]!, port: config.port },
    () => dropped.responses[NOTIMP]!,
  );
  return outcome.ready ? text(200, 'OK') : text(503, outcome.reason);
}

async function metrics(state: State): Promise<Reply> {
  state.metrics ??= import('./metrics.ts').then(({ createMetrics }) =>
    createMetrics(
      { address: state.config.listen[0]!, port: state.config.port },
      state.source,
      state.liveness,
    ),
  );
  const { contentType, render } = await state.metrics;
  return { status: 200, type: contentType, body: await render() };
}

function text(status: number, sentence: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

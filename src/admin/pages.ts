// pages — what an instance answers over HTTP: /metrics, /health, /ready, /status, /prestop, and the sentence for all else.
//
// prom-client is loaded by the first scrape, since most of its memory is not needed before.

import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { NOTIMP } from '../message/message.ts';
import type { Reply, Request } from './http-connection.ts';
import type { Liveness } from './liveness.ts';
import type { Metrics } from './metrics.ts';
import { askReadiness } from './readiness.ts';
import { SharedReply } from './shared-reply.ts';
import { instanceStatus, type NotedSource } from './source.ts';

/** Milliseconds: a scrape is rendered once in so long, and its text given to all that come meanwhile. */
const SCRAPE_KEPT = 1000;
/** Milliseconds between two statuses, or two questions to ourselves; what is asked for meanwhile is answered by the next. */
const APART = 20;

export class Pages {
  readonly #config: Config;
  readonly #source: NotedSource;
  readonly #preStop: () => void;
  readonly #log: Log;
  readonly #liveness: Liveness;
  readonly #metrics: SharedReply;
  readonly #status: SharedReply;
  readonly #readiness: SharedReply;
  #loaded: Promise<Metrics> | undefined;
  #stopping = false;

  /** @param preStop a kubelet is about to stop this instance, and something comes in its place */
  constructor(config: Config, source: NotedSource, preStop: () => void, log: Log, liveness: Liveness) {
    this.#config = config;
    this.#source = source;
    this.#preStop = preStop;
    this.#log = log;
    this.#liveness = liveness;
    const now = () => performance.now();
    this.#metrics = new SharedReply(() => this.#scrape(), 0, SCRAPE_KEPT, now);
    this.#status = new SharedReply(async () => this.#tell(), APART, 0, now);
    this.#readiness = new SharedReply(() => this.#askOurselves(), APART, 0, now);
  }

  /** From now on /ready says no; everything else goes on. */
  announceStop(): void {
    this.#stopping = true;
  }

  /** @param nodeOnly the port is one that no client beyond this machine can reach */
  async answer(request: Request, nodeOnly: boolean): Promise<Reply> {
    try {
      return await this.#page(request, nodeOnly);
    } catch (error) {
      this.#log.error('admin request failed', { path: request.path, err: error });
      return text(500, `This request failed: ${messageOf(error)}`);
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #page({ method, path }: Request, nodeOnly: boolean): Promise<Reply> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'Only GET and HEAD are answered here.');
    switch (path) {
      case '/health':
      case '/livez':
        return this.#health();
      case '/ready':
      case '/readyz':
        return this.#stopping ? text(503, 'This instance is stopping.') : this.#readiness.get();
      case '/status':
        return this.#status.get();
      case '/metrics':
        return this.#metrics.get();
      case '/prestop':
        if (!nodeOnly) return text(403, 'Asked at the port of --health alone, on loopback.');
        this.#preStop();
        return text(200, 'A SIGTERM that comes now waits for the twin.');
      default:
        return text(404, 'Not here. There are /metrics, /health (/livez), /ready (/readyz) and /status.');
    }
  }

  #health(): Reply {
    const now = performance.now();
    if (this.#liveness.isAlive(now)) return text(200, 'OK');
    const late = Math.round(this.#liveness.latenessAt(now));
    return text(503, `The event loop is stuck: its last tick was ${late} ms late.`);
  }

  async #askOurselves(): Promise<Reply> {
    // A kubelet asks by port, and the other process has none yet: it would be told that this one is ready.
    if (this.#source.isAwaited?.())
      return text(
        503,
        'Another process waits for the slot of this one, so which of them is meant is not known.',
      );
    const waitsFor = this.#source.waitsForClusterDns?.();
    if (waitsFor !== undefined)
      return text(503, `This instance takes no query before the cluster DNS has answered: ${waitsFor}.`);
    const { zones, probes } = this.#source.counters;
    const outcome = await askReadiness(this.#source.listeners(), () => zones[probes]!.responses[NOTIMP]!);
    const pending = this.#source.pending?.();
    if (outcome.ready && pending !== undefined) return text(503, pending);
    return outcome.ready ? text(200, 'OK') : text(503, outcome.reason);
  }

  #tell(): Reply {
    const body = `${JSON.stringify(instanceStatus(this.#source), null, 2)}\n`;
    return { status: 200, type: 'application/json', body };
  }

  async #scrape(): Promise<Reply> {
    const [server] = this.#config.listeners;
    this.#loaded ??= import('./metrics.ts').then(({ createMetrics }) =>
      createMetrics(server!, this.#source, this.#liveness),
    );
    const { contentType, render } = await this.#loaded;
    return { status: 200, type: contentType, body: await render() };
  }
}

function text(status: number, sentence: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}
